// One whole sign-in as a browser and a department make it: sign_in.mjs ORIGIN PHONE CODE < what `client add` printed
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { json } from 'node:stream/consumers'
import { Resident } from '../interop/resident.mjs'

const [origin, phone, code] = process.argv.slice(2)
const client = await json(process.stdin)
const callback = 'https://department.example/callback'

const discovery = await (await fetch(`${origin}/.well-known/openid-configuration`)).json()
assert.equal(discovery.issuer, origin)
const verifier = randomBytes(32).toString('base64url')
const state = randomBytes(16).toString('base64url')
const request = new URLSearchParams({
  response_type: 'code',
  client_id: client.client_id,
  redirect_uri: callback,
  scope: 'openid phone',
  state,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})
const resident = new Resident(origin, phone, () => code)
const left = await resident.signIn(`${discovery.authorization_endpoint}?${request}`)
assert.ok(left.href.startsWith(callback), left.href)
const response = left.searchParams
assert.equal(response.get('state'), state)
assert.equal(response.get('iss'), origin)

const answer = await fetch(discovery.token_endpoint, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` },
  body: new URLSearchParams({
    grant_type: 'authorization_code',
    code: response.get('code'),
    redirect_uri: callback,
    code_verifier: verifier,
  }),
})
const tokens = await answer.json()
assert.equal(answer.status, 200, JSON.stringify(tokens))
const who = await fetch(discovery.userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } })
assert.equal((await who.json()).phone_number, `+86${phone}`)
