// The whole demo as a resident walks through it, in Chromium.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run'];
const binary = process.env.YIMEN_BIN ?? new URL('../../target/debug/yimen', import.meta.url).pathname;
let data, demo, ready, browser;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'yimen-demo-'));
  const port = 20000 + (process.pid % 20000);
  demo = spawn(binary, ['demo', '--port', String(port), '--data', data, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: demo.stdout });
  ready = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
});

after(async () => {
  await browser?.close();
  demo?.kill('SIGTERM');
  await rm(data, { recursive: true, force: true });
});

async function code(phone) {
  const answer = await fetch(`${ready.provider}/dev/outbox.json?phone=${phone}`);
  return (await answer.json())[0].code;
}

/** Number, code, allow: three screens from the department's button to signed in. */
async function signIn(page, department, phone) {
  await page.goto(department);
  await page.click('#sign-in');
  await page.fill('#phone', phone);
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.fill('#code', await code(phone));
  await page.click('#verify');
  await page.click('#allow');
  await page.waitForSelector('#sign-out');
  assert.equal(new URL(page.url()).origin, department);
}

test('signed in once, known at both departments, and signed out of both', async () => {
  const page = await (await browser.newContext()).newPage();
  const refused = [];
  page.on('console', (line) => line.type() === 'error' && refused.push(line.text()));
  const [first, second] = ready.departments;
  await signIn(page, first, '13800000001');

  await page.goto(second);
  await page.click('#sign-in');
  assert.equal(await page.locator('#phone').count(), 0, 'nobody asks for the number again');
  await page.click('#allow');
  await page.waitForSelector('#sign-out');

  await page.goto(`${ready.provider}/account`);
  assert.equal(await page.locator('#services details').count(), 2, 'both services are listed');
  await page.click('#sign-out-everywhere');
  await page.click('#confirm');
  for (const department of [first, second]) {
    // The logout token travels behind the browser's back.
    for (let tries = 0; tries < 40; tries += 1) {
      await page.goto(department);
      if (await page.locator('#sign-in').count()) break;
      await new Promise((done) => setTimeout(done, 250));
    }
    assert.ok(await page.locator('#sign-in').count(), `${department} has been told`);
  }
  assert.deepEqual(refused, [], 'the content security policy refuses nothing of ours');
});

test('the core path needs no script', async () => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, ready.departments[0], '13800000002');
});

test('a code page may be reloaded, and Back leads to a page that works', async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(ready.departments[0]);
  await page.click('#sign-in');
  await page.fill('#phone', '13800000003');
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.reload();
  await page.goBack();
  assert.equal(await page.locator('#phone').count(), 1);
  await page.goForward();
  await page.fill('#code', await code('13800000003'));
  await page.click('#verify');
  await page.click('#allow');
  await page.waitForSelector('#sign-out');
});
