// A demo of one's own and a Chromium to walk through it, for one test file.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run'];
const binary = process.env.YIMEN_BIN ?? new URL('../../target/debug/yimen', import.meta.url).pathname;

/** Starts the demo and the browser; `stop` ends both. */
export async function start() {
  const data = await mkdtemp(join(tmpdir(), 'yimen-demo-'));
  const demo = spawn(binary, ['demo', '--port', String(await freePorts(3)), '--data', data, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let browser;
  const stop = async () => {
    await browser?.close();
    if (demo.exitCode === null && demo.kill('SIGTERM')) await once(demo, 'exit');
    await rm(data, { recursive: true, force: true });
  };
  try {
    const { value } = await createInterface({ input: demo.stdout })[Symbol.asyncIterator]().next();
    assert.ok(value, 'the demo says that it is ready');
    const ready = JSON.parse(value);
    assert.ok(ready.provider, value);
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
    return { ...ready, browser, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

/** The first of `count` ports in a row that nobody listens on. */
async function freePorts(count) {
  for (let first = 20000 + (process.pid % 10000); first < 32000; first += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, step) => isFree(first + step)));
    if (free.every(Boolean)) return first;
  }
  throw new Error('no free ports');
}

function isFree(port) {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen(port, '127.0.0.1', () => server.close(() => answer(true)));
  });
}

/** The code last sent to a number. */
export async function code(demo, phone) {
  const answer = await fetch(`${demo.provider}/dev/outbox.json?phone=${phone}`);
  return (await answer.json())[0].code;
}

/** From the number's page to the consent page; one number may ask for a code once a minute. */
export async function prove(demo, page, phone) {
  await page.fill('#phone', phone);
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.fill('#code', await code(demo, phone));
  await page.click('#verify');
  await page.waitForSelector('#allow');
}

/** Allows what the department asks for, and is signed in there. */
export async function allow(page, department) {
  await page.click('#allow');
  await page.waitForSelector('#sign-out');
  assert.equal(new URL(page.url()).origin, department);
}

/** Number, code, allow: from the department's button to signed in. */
export async function signIn(demo, page, department, phone) {
  await page.goto(department);
  await page.click('#sign-in');
  await prove(demo, page, phone);
  await allow(page, department);
}

/** Waits up to ten seconds until the department, told behind the browser's back, knows the visitor no more. */
export async function isSignedOut(page, department) {
  const end = Date.now() + 10_000;
  do {
    await page.goto(department);
    if (await page.locator('#sign-in').count()) return true;
    await new Promise((done) => setTimeout(done, 250));
  } while (Date.now() < end);
  return false;
}
