// npm's oidc-provider, set up to do per operation what Yimen does: the same requests, ES256 for the ID token and
// for a JWT access token, PKCE, a client secret, a fixed refresh token. Usage: node provider.mjs PORT SECRET
import { createServer } from 'node:http'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import Provider from 'oidc-provider'
import { Memory } from './memory.mjs'
import { interact } from './pages.mjs'

const [port, secret] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
const resource = 'urn:yimen:bench'
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const provider = new Provider(issuer, {
  adapter: Memory,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
  clients: [
    {
      client_id: 'bench',
      client_secret: secret,
      redirect_uris: ['https://bench.example/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      scope: 'openid phone offline_access',
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  claims: { openid: ['sub'], phone: ['phone_number', 'phone_number_verified'] },
  findAccount: async (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, phone_number: id, phone_number_verified: true }),
  }),
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  pkce: { required: () => true },
  rotateRefreshToken: false,
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => resource,
      useGrantedResource: async () => true,
      getResourceServerInfo: async () => ({
        audience: resource,
        scope: 'openid phone',
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  ttl: {
    AccessToken: 300,
    AuthorizationCode: 60,
    Grant: 180 * 86400,
    IdToken: 300,
    Interaction: 1800,
    RefreshToken: 90 * 86400,
    Session: 12 * 3600,
  },
})

const protocol = provider.callback()
createServer((request, response) => {
  if (request.url.startsWith('/interaction/')) {
    interact(provider, resource, request, response).catch((error) => {
      response.writeHead(500).end(String(error))
    })
  } else {
    protocol(request, response)
  }
}).listen(Number(port), '127.0.0.1')
