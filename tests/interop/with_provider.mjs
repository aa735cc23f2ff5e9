// Runs a command beside a provider: with_provider.mjs COMMAND…
// It finds the provider in YIMEN_BIN, YIMEN_CONFIG and YIMEN_ISSUER, and its exit code is ours.
import { spawn } from 'node:child_process'
import { binary, startProvider } from './provider.mjs'

const [command, ...words] = process.argv.slice(2)
const provider = await startProvider()
let child
const interrupted = (signal) => child?.kill(signal)
process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
try {
  process.exitCode = await new Promise((resolve, reject) => {
    child = spawn(command, words, {
      stdio: 'inherit',
      env: { ...process.env, YIMEN_BIN: binary, YIMEN_CONFIG: provider.config, YIMEN_ISSUER: provider.issuer },
    })
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
} finally {
  await provider.stop()
}
