// A department that joins by OpenID Federation, built on openid-client and @openid-federation/core: neither knows us.
import assert from 'node:assert/strict'
import { generateKeyPairSync, webcrypto } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import * as federation from '@openid-federation/core'
import * as oidc from 'openid-client'
import { startProvider } from './provider.mjs'
import { Resident } from './resident.mjs'

const scope = 'openid phone offline_access'
const curve = { name: 'ECDSA', namedCurve: 'P-256' }
const ecdsa = { name: 'ECDSA', hash: 'SHA-256' }

let provider
const servers = []
before(async () => (provider = await startProvider()))
after(() => {
  for (const server of servers) server.close().closeAllConnections()
  return provider?.stop()
})

let keys = 0
async function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = `key-${(keys += 1)}`
  const key = await webcrypto.subtle.importKey('jwk', privateKey.export({ format: 'jwk' }), curve, false, ['sign'])
  return { kid, key, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' } }
}

const signedBy =
  ({ key }) =>
  async ({ toBeSigned }) =>
    new Uint8Array(await webcrypto.subtle.sign(ecdsa, key, toBeSigned))

// What the library asks of who uses it: is this signed by that key?
const seen = new Set()
async function verifyJwtCallback({ data, signature, jwk, header }) {
  assert.equal(header.alg, 'ES256')
  seen.add(jwk.kid)
  const key = await webcrypto.subtle.importKey('jwk', { ...jwk, alg: undefined, use: undefined }, curve, false, ['verify'])
  return webcrypto.subtle.verify(ecdsa, key, signature, data)
}

const now = () => Math.floor(Date.now() / 1000)

// A server that answers with statements by path, and with the subject where one is fetched.
async function entity(metadata, superiors) {
  const statements = new Map()
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost')
    const jwt = statements.get(searchParams.get('sub') ?? pathname)
    response.writeHead(jwt ? 200 : 404, { 'content-type': 'application/entity-statement+jwt' }).end(jwt)
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const id = `http://localhost:${server.address().port}`
  const key = await newKey()
  const claims = {
    iss: id,
    sub: id,
    iat: now(),
    exp: now() + 3600,
    jwks: { keys: [key.jwk] },
    authority_hints: superiors,
    metadata: metadata(id),
  }
  const header = { alg: 'ES256', kid: key.kid, typ: 'entity-statement+jwt' }
  const own = await federation.createEntityConfiguration({ claims, header, signJwtCallback: signedBy(key) })
  statements.set('/.well-known/openid-federation', own)
  return {
    id,
    jwks: claims.jwks,
    async state(below, more) {
      const about = { iss: id, sub: below.id, iat: now(), exp: now() + 3600, jwks: below.jwks, ...more }
      const signJwtCallback = signedBy(key)
      const options = { claims: about, header, jwk: key.jwk, signJwtCallback }
      statements.set(below.id, await federation.createEntityStatement(options))
    },
  }
}

async function department(superiors) {
  const protocol = await newKey()
  const party = (id) => ({
    openid_relying_party: {
      redirect_uris: [`${id}/callback`],
      client_registration_types: ['automatic'],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'ES256',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope,
      jwks: { keys: [protocol.jwk] },
    },
  })
  return { ...(await entity(party, superiors)), protocol }
}

const terms = ['--name', '养老金查询', '--organisation', '人社局', '--scopes', scope]
const superior = (id) => ({ federation_entity: { federation_fetch_endpoint: `${id}/fetch` } })

async function signIn({ id, protocol }, phone) {
  const config = await oidc.discovery(
    new URL(provider.issuer),
    id,
    // The provider's clock is ahead by as much as it took to see the operator's decisions.
    { id_token_signed_response_alg: 'ES256', [oidc.clockSkew]: 10 },
    oidc.PrivateKeyJwt({ key: protocol.key, kid: protocol.kid }),
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  )
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  }
  const url = await oidc.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: `${id}/callback`,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const answer = await new Resident(provider.issuer, phone).signIn(url)
  const tokens = await oidc.authorizationCodeGrant(config, answer, checks)
  const person = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
  assert.equal(person.phone_number, `+86${phone}`)
  const next = await oidc.refreshTokenGrant(config, tokens.refresh_token)
  assert.ok(next.access_token)
}

test('@openid-federation/core reads what the city says of itself', async () => {
  const own = await federation.fetchEntityConfiguration({ entityId: provider.issuer, verifyJwtCallback })
  assert.equal(own.sub, provider.issuer)
  assert.ok(own.metadata.openid_provider.client_registration_types_supported.includes('automatic'))
  assert.ok(own.jwks.keys.some(({ kid }) => seen.has(kid)))
})

test('a department of its making joins, and its resolver walks to the city', async () => {
  const pension = await department([provider.issuer])
  await provider.department('allow', pension.id, ...terms)
  await signIn(pension, '13800000001')
  await walk(pension, [provider.issuer])
})

test('so it does through a bureau of its making', async () => {
  const bureau = await entity(superior, [provider.issuer])
  await provider.department('allow', bureau.id, ...terms, '--superior')
  const pension = await department([bureau.id])
  await provider.department('allow', pension.id, ...terms, '--through', bureau.id)
  const policy = { id_token_signed_response_alg: { one_of: ['ES256', 'RS256'] } }
  await bureau.state(pension, { metadata_policy: { openid_relying_party: policy } })
  await signIn(pension, '13800000002')
  await walk(pension, [bureau.id, provider.issuer])
})

// From a department by its superiors up to the city, all signatures checked by the library.
async function walk(leaf, superiors) {
  const options = { trustAnchorEntityIds: [provider.issuer], verifyJwtCallback }
  const chains = await federation.fetchEntityConfigurationChains({ ...options, leafEntityId: leaf.id })
  assert.deepEqual(
    chains.map((chain) => chain.map(({ sub }) => sub)),
    [[leaf.id, ...superiors]],
  )
  const statements = await federation.fetchEntityStatementChain({ verifyJwtCallback, entityConfigurations: chains[0] })
  assert.deepEqual(
    statements.map(({ iss, sub }) => [iss, sub]),
    [...superiors.map((iss, at) => [iss, at ? superiors[at - 1] : leaf.id]), [provider.issuer, provider.issuer]],
  )
  const { mergedPolicy } = federation.combineMetadataPolicies({ statements: statements.slice(0, -1) })
  // In a policy `scope` is a list (OpenID Federation 1.0 §6.1.3.1.8), which this library does not know: by its
  // resolveTrustChains no relying party has a chain whose scope anyone narrows.
  const { scope: narrowed, ...policy } = mergedPolicy.openid_relying_party
  assert.deepEqual(narrowed.subset_of, scope.split(' '))
  const { resolvedLeafMetadata } = federation.applyMetadataPolicyToMetadata({
    leafMetadata: chains[0][0].metadata,
    policyMetadata: { openid_relying_party: policy },
  })
  assert.equal(resolvedLeafMetadata.openid_relying_party.token_endpoint_auth_method, 'private_key_jwt')
  assert.deepEqual(await federation.resolveTrustChains({ ...options, entityId: leaf.id }), [])
}
