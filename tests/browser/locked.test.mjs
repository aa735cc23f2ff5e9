// "This was not me": from a notice's link to an account that is locked, and to its owner who opens it again.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { advance, allow, command, enter, isSignedOut, notice, proveNumber, start, visitor } from './demo.mjs';

let demo, first;

// One for each: a kiosk's address from the command line is good by the machine's clock alone.
beforeEach(async () => {
  demo = await start();
  [first] = demo.departments;
});

afterEach(() => demo?.stop());

/** An owner whose own browser has been known for longer than a lock reaches back. */
async function owner(t, phone) {
  const page = await (await visitor(demo, t)).newPage();
  await enter(demo, page, phone);
  await page.waitForSelector('#methods');
  await advance(demo, '25h');
  return page;
}

/** Somebody who has got hold of a code: signed in here and at a department. */
async function intrude(page, phone) {
  await enter(demo, page, phone);
  await page.waitForSelector('#methods, #later');
  await page.goto(first);
  await page.click('#sign-in');
  await allow(page, first);
}

/** The notice's link is opened by a browser without cookies, as a telephone does, and used. */
async function lock(t, link, what) {
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(link);
  const said = await page.textContent('#what');
  for (const word of what) assert.ok(said.includes(word), `${word}: ${said}`);
  await page.click('#lock');
  await page.waitForSelector('#outcome');
  assert.match(await page.textContent('#outcome'), /自动解锁/);
  await page.goto(link);
  await page.waitForSelector('main h1');
  assert.equal(await page.locator('#lock').count(), 0, 'once');
}

/** Whoever it was is out, here and at the department, and a code brings them back nowhere. */
async function isOut(page, phone) {
  assert.ok(await isSignedOut(page, first), 'the department has been told');
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#phone');
  await advance(demo, '2m');
  await proveNumber(demo, page, phone);
  await page.waitForSelector('#new');
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#phone');
}

/** From the browser that the account knew before, by a code: open, and what happened is to be read. */
async function recovers(page, phone) {
  await advance(demo, '2m');
  await enter(demo, page, phone);
  await page.waitForSelector('#methods');
  const activity = await page.textContent('#activity');
  for (const line of ['锁住了账户', '账户解锁']) assert.ok(activity.includes(line), line);
  assert.equal(await page.locator('#methods button[name=passkey]').count(), 0, 'no passkey is left');
  assert.equal(await page.locator('#devices li').count(), 1, 'nobody else is signed in');
}

test('a passkey that its owner did not make: the notice\'s link takes it away, and everybody out', async (t) => {
  const phone = '13800000711';
  const own = await owner(t, phone);
  const { page, touch } = await withAuthenticator(demo, t);
  await intrude(page, phone);
  await page.goto(`${demo.provider}/account/passkeys`);
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
  await touch(false);

  await lock(t, await notice(demo, phone, '添加了一种指纹或面容登录'), ['添加了一种指纹或面容登录']);
  await isOut(page, phone);
  await page.waitForSelector('#passkey', { state: 'visible' });
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#phone-error');
  await touch(false);
  await recovers(own, phone);
});

test('a sign-in at a kiosk that was not its owner\'s: the notice\'s link ends it there and at the department', async (t) => {
  const phone = '13800000712';
  const hall = '市民中心二楼7号机';
  const page = await (await visitor(demo, t)).newPage();
  await page.goto((await command(demo, 'kiosk', 'add', hall)).open);
  await page.click('#enrol');
  await page.waitForSelector('#told');
  const own = await owner(t, phone);
  await intrude(page, phone);

  await lock(t, await notice(demo, phone, hall), ['自助机', hall]);
  await isOut(page, phone);
  await page.goto(`${demo.provider}/kiosk/rest`);
  await page.waitForSelector('#begin');
  await recovers(own, phone);
});
