// A demo of one's own and a Chromium to walk through it, for one test file.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../ports.mjs';
import { launch } from './chromium.mjs';

export const binary = process.env.YIMEN_BIN ?? new URL('../../target/debug/yimen', import.meta.url).pathname;

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
    browser = await launch();
    return { ...ready, browser, process: demo, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

/** A browser of its own, without cookies, for one test. */
export async function visitor(demo, t, options = {}) {
  const context = await demo.browser.newContext({ locale: 'zh-CN', ...options });
  context.setDefaultTimeout(15_000);
  t.after(() => context.close());
  return context;
}

/** Each edition of the pages, with the browser's language and what `/display` is asked for. */
export const editions = [
  { name: 'standard', locale: 'zh-CN', display: 'lang=zh-CN' },
  { name: 'elder', locale: 'zh-CN', display: 'edition=elder' },
  { name: 'English', locale: 'en-GB', display: 'lang=en' },
];

/** What a command answers about this demo: `command(demo, 'kiosk', 'list')`. */
export async function command(demo, ...words) {
  const { stdout } = await promisify(execFile)(binary, [...words, '--config', demo.config, '--json']);
  return JSON.parse(stdout);
}

/** Moves the time of the provider and of the departments: `advance(demo, '31m')`. */
export async function advance(demo, by) {
  const answer = await fetch(`${demo.provider}/dev/clock`, { method: 'POST', body: new URLSearchParams({ advance: by }) });
  assert.equal(answer.status, 200, await answer.text());
}

/** The code last sent to a number. */
export async function code(demo, phone) {
  const answer = await fetch(`${demo.provider}/dev/outbox.json?phone=${phone}`);
  // A notice may have come after it.
  return (await answer.json()).find((message) => message.code).code;
}

/** Waits for a notice to a number that says this; answers its link, of several that of the newest. */
export async function notice(demo, phone, words = '') {
  let messages;
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(20)) {
    messages = await (await fetch(`${demo.provider}/dev/outbox.json?phone=${phone}`)).json();
    const found = messages.find((message) => !message.code && message.text.includes(words));
    if (found) return found.text.match(/http\S+/)[0];
  }
  return assert.fail(`no notice to ${phone} within 15 s: ${words}, but ${JSON.stringify(messages)}`);
}

/** To what follows a right code at an address of the provider's. */
export async function enter(demo, page, phone, place = '/account') {
  await page.goto(`${demo.provider}${place}`);
  await proveNumber(demo, page, phone);
}

/** Number and code, from the number's page on. */
export async function proveNumber(demo, page, phone) {
  await page.fill('#phone', phone);
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.fill('#code', await code(demo, phone));
  await page.click('#verify');
}

/** From the number's page to the consent page; one number may ask for a code once a minute. */
export async function prove(demo, page, phone) {
  await proveNumber(demo, page, phone);
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
