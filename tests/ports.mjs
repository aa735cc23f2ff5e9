// Ports for servers that must know theirs beforehand, since their public URL holds it.
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the kernel's own range, so that no outgoing connection, open or in TIME_WAIT, has the port.
const lowest = 10_000
const highest = 30_000

/** The first of `count` ports in a row that nobody listens on. */
export async function freePorts(count = 1) {
  const start = Math.floor(Math.random() * (highest - lowest))
  for (let step = 0; step < highest - lowest; step += count) {
    const first = lowest + ((start + step) % (highest - lowest - count))
    const free = await Promise.all(Array.from({ length: count }, (_, next) => isFree(first + next)))
    if (free.every(Boolean)) return first
  }
  throw new Error(`no ${count} free ports in a row between ${lowest} and ${highest}`)
}

async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
