// A department's server built on openid-client, which knows nothing of us.
import assert from 'node:assert/strict'
import { generateKeyPairSync, webcrypto } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import * as oidc from 'openid-client'
import { startProvider } from './provider.mjs'
import { Resident } from './resident.mjs'

const callback = 'https://hrss.yunchuan.example/callback'
const goodbye = 'https://hrss.yunchuan.example/signed-out'
const scope = 'openid profile phone offline_access'

let provider
before(async () => (provider = await startProvider()))
after(() => provider?.stop())

// Each its own: one message a minute goes to a number.
let residents = 0
const newResident = () => new Resident(provider.issuer, `138000001${String((residents += 1)).padStart(2, '0')}`)

// Keys of departments that sign, by what they have discovered.
const keys = new WeakMap()

async function department(auth, algorithm = 'ES256', more = {}) {
  const options = {
    ...more,
    'redirect-uri': callback,
    'post-logout-redirect-uri': goodbye,
    scope,
    'id-token-alg': algorithm,
    'auth-method': auth,
  }
  let key
  if (auth === 'private_key_jwt') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const use = { kid: 'hrss-1', use: 'sig', alg: 'ES256' }
    options.jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), ...use }] }
    const curve = { name: 'ECDSA', namedCurve: 'P-256' }
    const bytes = privateKey.export({ format: 'der', type: 'pkcs8' })
    key = { kid: use.kid, key: await webcrypto.subtle.importKey('pkcs8', bytes, curve, false, ['sign']) }
  }
  const client = await provider.register(options)
  const authentication = {
    client_secret_basic: () => oidc.ClientSecretBasic(client.client_secret),
    private_key_jwt: () => oidc.PrivateKeyJwt(key),
    none: () => oidc.None(),
  }[auth]()
  // Non-repudiation checks have it verify an ID token's signature though it came straight from us.
  const config = await oidc.discovery(
    new URL(provider.issuer),
    client.client_id,
    // A second ahead: an assertion's time is in whole seconds, and this one's provider has begun in this very second.
    // What was made before it began is refused, since it may have been used then.
    { id_token_signed_response_alg: algorithm, [oidc.clockSkew]: 1 },
    authentication,
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  )
  keys.set(config, key)
  return config
}

const plainly = async (config, parameters) => oidc.buildAuthorizationUrl(config, parameters)

async function request(config, more = {}, build = plainly) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  }
  const url = await build(config, {
    redirect_uri: callback,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...more,
  })
  return { url, checks }
}

async function signIn(config, resident = newResident(), build = plainly) {
  const { url, checks } = await request(config, {}, build)
  const answer = await resident.signIn(url)
  const tokens = await oidc.authorizationCodeGrant(config, answer, checks)
  return { resident, answer, checks, tokens }
}

const refused = (error) => (fault) => {
  assert.ok(fault instanceof oidc.ResponseBodyError, String(fault))
  assert.equal(fault.error, error)
  return true
}

const header = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'))

for (const [auth, algorithm] of [
  ['client_secret_basic', 'ES256'],
  ['client_secret_basic', 'RS256'],
  ['private_key_jwt', 'ES256'],
  ['none', 'ES256'],
  ['none', 'RS256'],
]) {
  test(`openid-client signs a resident in: ${auth}, ${algorithm}`, async () => {
    const config = await department(auth, algorithm)
    const { resident, answer, checks, tokens } = await signIn(config)
    assert.equal(answer.searchParams.get('iss'), provider.issuer)
    assert.equal(header(tokens.id_token).alg, algorithm)
    const claims = tokens.claims()
    assert.equal(claims.iss, provider.issuer)
    assert.equal(claims.nonce, checks.expectedNonce)
    const who = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
    assert.equal(who.phone_number, `+86${resident.phone}`)
    assert.equal(who.phone_number_verified, true)

    const next = await oidc.refreshTokenGrant(config, tokens.refresh_token)
    assert.notEqual(next.access_token, tokens.access_token)
    if (next.id_token) assert.equal(next.claims().sub, claims.sub)
    const again = await oidc.fetchUserInfo(config, next.access_token, claims.sub)
    assert.deepEqual(again, who)
  })
}

const noSecret = { application_type: 'native', token_endpoint_auth_method: 'none' }
for (const [way, more, asked] of [
  ['a site', [], {}],
  ['a site that posts its secret', [], { token_endpoint_auth_method: 'client_secret_post' }],
  ['an app', ['--native'], noSecret],
]) {
  test(`openid-client registers itself and signs a resident in: ${way}`, async () => {
    const initialAccessToken = await provider.invite(...more)
    const register = (token) =>
      oidc.dynamicClientRegistration(
        new URL(provider.issuer),
        { redirect_uris: [callback], grant_types: ['authorization_code', 'refresh_token'], ...asked },
        undefined,
        { initialAccessToken: token, execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
      )
    let config = await register(initialAccessToken)
    const client = config.clientMetadata()
    if (client.token_endpoint_auth_method === 'client_secret_basic') {
      // The library takes every secret for one that is posted.
      const basic = oidc.ClientSecretBasic(client.client_secret)
      config = new oidc.Configuration(config.serverMetadata(), client.client_id, client, basic)
      oidc.allowInsecureRequests(config)
      oidc.enableNonRepudiationChecks(config)
    }
    assert.equal(client.client_name, '养老金查询')
    const { resident, tokens } = await signIn(config)
    // OpenID Connect Dynamic Client Registration 1.0 §2: what registers no algorithm gets RS256.
    assert.equal(header(tokens.id_token).alg, 'RS256')
    const who = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
    assert.equal(who.phone_number, `+86${resident.phone}`)

    const own = { headers: { authorization: `Bearer ${client.registration_access_token}` } }
    const read = await (await fetch(client.registration_client_uri, own)).json()
    assert.equal(read.client_id, client.client_id)
    const ended = await fetch(client.registration_client_uri, { method: 'DELETE', ...own })
    assert.equal(ended.status, 204)
    for (const token of [initialAccessToken, undefined]) {
      await assert.rejects(register(token), (fault) => fault.status === 401)
    }
  })
}

const signed = (config, parameters) => oidc.buildAuthorizationUrlWithJAR(config, parameters, keys.get(config))
const pushed = (config, parameters) => oidc.buildAuthorizationUrlWithPAR(config, parameters)
const signedAndPushed = async (config, parameters) => pushed(config, (await signed(config, parameters)).searchParams)

for (const auth of ['client_secret_basic', 'private_key_jwt', 'none']) {
  test(`openid-client pushes its request: ${auth}`, async () => {
    const config = await department(auth, 'ES256', { 'require-par': true })
    const { answer, checks } = await signIn(config, newResident(), pushed)
    await assert.rejects(oidc.authorizationCodeGrant(config, answer, checks), refused('invalid_grant'))
    await assert.rejects(request(config, { response_type: 'token' }, pushed), refused('unsupported_response_type'))
  })
}

for (const [name, build] of Object.entries({ signed, signedAndPushed })) {
  test(`openid-client signs its request: ${name}`, async () => {
    const more = { 'require-request-object': true, 'request-object-alg': 'ES256' }
    const config = await department('private_key_jwt', 'ES256', more)
    const { tokens, checks } = await signIn(config, newResident(), build)
    assert.equal(tokens.claims().nonce, checks.expectedNonce)
  })
}

test('the library itself insists on the iss of an answer', async () => {
  const config = await department('client_secret_basic')
  assert.equal(config.serverMetadata().authorization_response_iss_parameter_supported, true)
  const { url, checks } = await request(config)
  const answer = await newResident().signIn(url)
  for (const iss of [null, 'https://elsewhere.example']) {
    const forged = new URL(answer)
    if (iss) forged.searchParams.set('iss', iss)
    else forged.searchParams.delete('iss')
    await assert.rejects(oidc.authorizationCodeGrant(config, forged, checks), (fault) =>
      /"iss" \(issuer\)/.test(fault.cause?.message),
    )
  }
  await oidc.authorizationCodeGrant(config, answer, checks)
})

test('a code serves once and only with its verifier', async () => {
  const config = await department('client_secret_basic')
  const { answer, checks } = await signIn(config)
  await assert.rejects(oidc.authorizationCodeGrant(config, answer, checks), refused('invalid_grant'))
  const second = await request(config)
  const elsewhere = await newResident().signIn(second.url)
  const wrong = { ...second.checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }
  await assert.rejects(oidc.authorizationCodeGrant(config, elsewhere, wrong), refused('invalid_grant'))
})

for (const auth of ['client_secret_basic', 'private_key_jwt']) {
  test(`introspection and revocation: ${auth}`, async () => {
    const config = await department(auth)
    const { tokens } = await signIn(config)
    const alive = await oidc.tokenIntrospection(config, tokens.access_token)
    assert.equal(alive.active, true)
    assert.equal(alive.client_id, config.clientMetadata().client_id)
    assert.equal(alive.sub, tokens.claims().sub)
    await oidc.tokenRevocation(config, tokens.refresh_token, { token_type_hint: 'refresh_token' })
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), refused('invalid_grant'))
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false)
    assert.equal((await oidc.tokenIntrospection(config, 'no token of ours')).active, false)
  })
}

describe('a public client', () => {
  test('gets another refresh token each time, and reuse ends the grant', async () => {
    const config = await department('none')
    const { tokens } = await signIn(config)
    const second = await oidc.refreshTokenGrant(config, tokens.refresh_token)
    assert.notEqual(second.refresh_token, tokens.refresh_token)
    const third = await oidc.refreshTokenGrant(config, second.refresh_token)
    assert.notEqual(third.refresh_token, second.refresh_token)
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), refused('invalid_grant'))
    await assert.rejects(oidc.refreshTokenGrant(config, third.refresh_token), refused('invalid_grant'))
  })

  test('revokes its own refresh token', async () => {
    const config = await department('none')
    const { tokens } = await signIn(config)
    await oidc.tokenRevocation(config, tokens.refresh_token)
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), refused('invalid_grant'))
  })
})

test('RP-initiated logout brings the resident back signed out', async () => {
  const config = await department('client_secret_basic')
  const { resident, tokens } = await signIn(config)
  const silently = async () => {
    const { url, checks } = await request(config, { prompt: 'none', scope: 'openid phone' })
    const { left } = await resident.visit(url)
    return oidc.authorizationCodeGrant(config, left, checks)
  }
  assert.equal((await silently()).claims().sub, tokens.claims().sub)

  const state = oidc.randomState()
  const { left } = await resident.visit(
    oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: goodbye, state }),
  )
  assert.equal(left?.href, `${goodbye}?${new URLSearchParams({ state })}`)
  await assert.rejects(silently, (fault) => {
    assert.ok(fault instanceof oidc.AuthorizationResponseError, String(fault))
    return fault.error === 'login_required'
  })
})

test('openid-client gets tokens for a kiosk: device authorization grant', async () => {
  const client = await provider.register({
    'auth-method': 'none',
    'grant-type': 'urn:ietf:params:oauth:grant-type:device_code',
    scope,
  })
  const config = await oidc.discovery(new URL(provider.issuer), client.client_id, undefined, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  })
  const begun = await oidc.initiateDeviceAuthorization(config, { scope })
  assert.match(begun.user_code, /^[A-Z]{4}-[A-Z]{4}$/)
  const resident = newResident()
  await resident.allowDevice(begun.verification_uri_complete)
  // It has been allowed: nothing to wait for.
  const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0 })
  const who = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
  assert.equal(who.phone_number, `+86${resident.phone}`)
})
