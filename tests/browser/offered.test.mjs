// What the demo says that there is to try: each thing as its own words offer it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
import { advance, enter, proveNumber, start, visitor } from './demo.mjs';

let demo;

before(async () => {
  demo = await start();
});

after(() => demo?.stop());

/** What a line for the shell prints. */
async function shell(line) {
  return JSON.parse((await promisify(execFile)('sh', ['-c', line])).stdout);
}

test('the kiosk: its address makes a browser the kiosk, once', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(demo.kiosk.open);
  await page.getByText(demo.kiosk.name).first().waitFor();
  await page.click('#enrol');
  await page.waitForSelector('#told');
  await page.goto(`${demo.provider}/kiosk/rest`);
  await page.click('#begin');
  await page.waitForSelector('#phone');
  const late = await (await visitor(demo, t)).newPage();
  await late.goto(demo.kiosk.open);
  assert.equal(await late.locator('#enrol').count(), 0);
});

test('the screen: letters by one line for the shell, tokens by the other', async (t) => {
  const { begin, fetch } = demo.screen;
  const begun = await shell(begin);
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(begun.verification_uri_complete);
  await page.click('#find-device');
  await page.click('#go-on');
  await proveNumber(demo, page, '13800000801');
  await page.click('#allow');
  await page.waitForSelector('#told');
  assert.ok((await shell(fetch + begun.device_code)).id_token);
});

test('the window: its link makes a passkey, which opens the desk', async (t) => {
  const { page, touch } = await withAuthenticator(demo, t);
  await page.goto(demo.operator.link);
  await touch();
  await page.click('#passkey');
  await page.click('form[data-passkey=get] #passkey');
  await page.waitForSelector('#disputes');
  assert.equal(await page.textContent('h1'), demo.operator.name);
});

test('the number that was given away: it is asked whose the account is, whatever the browser', async (t) => {
  const owner = demo.people.find(({ name }) => name === '何晓梅');
  const page = await (await visitor(demo, t)).newPage();
  const isAsked = async () => {
    await page.waitForSelector('#new');
    await suits(page);
    assert.ok(!(await page.content()).includes(owner.name), 'nothing of the account is shown');
  };
  await enter(demo, page, demo.recycled);
  await isAsked();
  await page.click('#by-name summary');
  await page.fill('#name', owner.name);
  await page.fill('#number', owner.number);
  await page.click('#mine');
  await page.waitForSelector('#methods');
  assert.equal(await page.textContent('h1'), owner.name);

  // It is the owner's own browser now; the carrier's word counts for more.
  await advance(demo, '91d');
  await enter(demo, page, demo.recycled);
  await isAsked();
  await page.click('#new');
  await page.waitForSelector('#methods');
  assert.ok(!(await page.content()).includes(owner.name), 'an account of their own');

  // The carrier says nothing of another number, and silence alone asks nothing in a browser that is known.
  await page.context().clearCookies();
  await enter(demo, page, '13800000802');
  await page.waitForSelector('#methods');
  await advance(demo, '91d');
  await enter(demo, page, '13800000802');
  await page.waitForSelector('#methods');
});

test('the counterparts are a process of their own, which ends with the demo however that ends', async (t) => {
  const own = await start();
  t.after(own.stop);
  const ours = new Set(await listeners(own.process.pid));
  const theirs = Number(new URL(own.authority).port);
  assert.ok(ours.has(Number(new URL(own.provider).port)) && !ours.has(theirs), [...ours].join(' '));
  assert.ok((await fetch(own.authority)).ok);
  own.process.kill('SIGKILL');
  await once(own.process, 'exit');
  for (const end = Date.now() + 5000; Date.now() < end; await sleep(50)) {
    if (!await fetch(own.authority).catch(() => undefined)) return;
  }
  assert.fail('the counterparts outlive the demo');
});

/** The ports at which a process listens (proc(5), and 0A is LISTEN). */
async function listeners(pid) {
  const { stdout } = await promisify(execFile)('sh', ['-c',
    `ls -l /proc/${pid}/fd | sed -n 's/.*socket:\\[\\([0-9]*\\)\\]/\\1/p'; echo; cat /proc/${pid}/net/tcp`]);
  const [sockets, table] = stdout.split('\n\n');
  const inodes = new Set(sockets.split('\n'));
  return table.split('\n').map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.has(inode))
    .map(([, local]) => Number.parseInt(local.split(':')[1], 16));
}
