// The real binary on a free port of loopback, with SQLite in a folder of its own and messages kept in its outbox.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePorts } from '../ports.mjs'

const run = promisify(execFile)
const here = path.dirname(fileURLToPath(import.meta.url))
export const binary = path.resolve(process.env.YIMEN_BIN ?? path.join(here, '../../target/debug/yimen'))

const scope = 'openid profile phone offline_access'
const host = 'hrss.yunchuan.example'

export async function startProvider() {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePorts())
    } catch (fault) {
      if (attempt === 5 || !/in use/i.test(fault.message)) throw fault
    }
  }
}

async function start(port) {
  const folder = await mkdtemp(path.join(tmpdir(), 'yimen-interop-'))
  const config = path.join(folder, 'yimen.toml')
  const issuer = `http://localhost:${port}`
  await writeFile(
    config,
    `public_url = "${issuer}"
listen = "127.0.0.1:${port}"
dev = true
master_key = "dGhlIHRlc3RzJyBvd24gbWFzdGVyIGtleSwgMzIgYi4="
[database]
url = "sqlite:${path.join(folder, 'yimen.db')}"
migrate_at_start = true
[sms]
providers = ["outbox"]
`,
  )
  const server = spawn(binary, ['serve', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => {
    server.once('close', (code, signal) => resolve(code ?? signal))
    server.once('error', resolve)
  })
  let running = true
  ended.then(() => (running = false))
  let log = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (log += text))

  async function stop() {
    if (running) server.kill('SIGTERM')
    const killing = setTimeout(() => server.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(killing)
    await rm(folder, { recursive: true, force: true })
  }

  for (const began = Date.now(); ; await sleep(20)) {
    if (await isReady(issuer)) break
    if (!running || Date.now() - began > 60_000) {
      await stop()
      throw new Error(`yimen did not start (${await ended}):\n${log}`)
    }
  }

  let files = 0
  return {
    issuer,
    config,
    stop,
    // department('allow', 'https://…', '--name', …) is `yimen department`, and the seconds until a node sees it.
    async department(...words) {
      const { stdout } = await run(binary, ['department', ...words, '--config', config, '--json'])
      await fetch(`${issuer}/dev/clock`, { method: 'POST', body: new URLSearchParams({ advance: '4s' }) })
      return JSON.parse(stdout)
    },
    // invite('--native') is `yimen client invite` for 养老金查询 at hrss.yunchuan.example; answers with the token.
    async invite(...more) {
      const words = ['--name', '养老金查询', '--department', '人社局', '--scope', scope, '--redirect-host', host, ...more]
      const { stdout } = await run(binary, ['client', 'invite', '--config', config, '--json', ...words])
      return JSON.parse(stdout).initial_access_token
    },
    // register({ 'id-token-alg': 'ES256', jwks }) is `yimen client add`; a JWK Set is written to a file first.
    async register({ jwks, ...options }) {
      const all = { name: '养老金查询', department: '人社局', ...options }
      if (jwks) {
        all.jwks = path.join(folder, `jwks-${(files += 1)}.json`)
        await writeFile(all.jwks, JSON.stringify(jwks))
      }
      const words = Object.entries(all).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]))
      const { stdout } = await run(binary, ['client', 'add', '--config', config, '--json', ...words])
      return JSON.parse(stdout)
    },
  }
}

async function isReady(issuer) {
  try {
    return (await fetch(`${issuer}/readyz`)).ok
  } catch {
    return false
  }
}
