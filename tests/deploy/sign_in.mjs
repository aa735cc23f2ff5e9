// One whole sign-in as a browser and a department make it: sign_in.mjs ORIGIN PHONE CODE < what `client add` printed
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { json } from 'node:stream/consumers'

const [origin, phone, code] = process.argv.slice(2)
const client = await json(process.stdin)
const callback = 'https://department.example/callback'
const jar = new Map()

async function visit(place, form) {
  const headers = { cookie: [...jar].map((pair) => pair.join('=')).join('; ') }
  if (form) Object.assign(headers, { origin, 'sec-fetch-site': 'same-origin' })
  const answer = await fetch(place, { redirect: 'manual', headers, method: form ? 'POST' : 'GET', body: form })
  for (const cookie of answer.headers.getSetCookie()) {
    const [name, ...value] = cookie.split(';')[0].split('=')
    if (/max-age=0(;|$)/i.test(cookie)) jar.delete(name)
    else jar.set(name, value.join('='))
  }
  if (![302, 303].includes(answer.status)) {
    const page = await answer.text()
    assert.equal(answer.status, 200, `${place}: ${page}`)
    return { place, page }
  }
  const next = new URL(answer.headers.get('location'), place)
  return next.href.startsWith(callback) ? { response: next.searchParams } : visit(next)
}

// Presses a button: its form's hidden and ticked fields, and what was typed.
function press({ place, page }, id, typed = {}) {
  const at = page.indexOf(`id="${id}"`)
  assert.notEqual(at, -1, `no ${id} at ${place}: ${page}`)
  const form = page.slice(page.lastIndexOf('<form', at), page.indexOf('</form>', at))
  const read = (tag, name) => tag.match(new RegExp(` ${name}="([^"]*)"`))?.[1].replaceAll('&amp;', '&').replaceAll('&#38;', '&')
  const fields = new URLSearchParams()
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    if (/type="hidden"/.test(tag) || / checked/.test(tag)) fields.append(read(tag, 'name'), read(tag, 'value') ?? 'on')
  }
  const button = page.slice(page.lastIndexOf('<', at), page.indexOf('>', at))
  if (read(button, 'name')) fields.append(read(button, 'name'), read(button, 'value') ?? '')
  for (const [name, value] of Object.entries(typed)) fields.set(name, value)
  return visit(new URL(read(button, 'formaction') ?? read(form, 'action'), place), fields)
}

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
let page = await visit(`${discovery.authorization_endpoint}?${request}`)
page = await press(page, 'send-code', { phone })
page = await press(page, 'verify', { code })
if (page.page) page = await press(page, 'allow')
const { response } = page
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
