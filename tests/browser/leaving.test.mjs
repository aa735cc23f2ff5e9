// Leaving: what is held is taken along, departments are told, fifteen days to think again, and then the account is gone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
import { advance, enter, isSignedOut, notice, signIn, start, visitor } from './demo.mjs';

let demo, first;

before(async () => {
  demo = await start();
  [first] = demo.departments;
});

after(() => demo?.stop());

/** What the button of the export's page gives. */
async function download(page) {
  await page.goto(`${demo.provider}/account`);
  await page.click('#export');
  await page.waitForSelector('#download');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  assert.match(file.suggestedFilename(), /\.json$/);
  return JSON.parse(await readFile(await file.path(), 'utf8'));
}

/** From the account page to signed out everywhere. */
async function leave(page) {
  await page.goto(`${demo.provider}/account`);
  await page.click('#leave');
  await page.click('#confirm');
  await page.waitForSelector('main a[href="/account"]');
  assert.match(await page.textContent('main'), /15 天内再登录一次，就可以不注销/);
}

/** Somebody with a passkey, at home in the first department, with one browser that knows them. */
async function resident(t, phone) {
  const device = await withAuthenticator(demo, t);
  const { page, touch } = device;
  await signIn(demo, page, first, phone);
  await page.goto(`${demo.provider}/account`);
  await page.click('#add-passkey');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
  await touch(false);
  const byPasskey = async () => {
    await page.goto(`${demo.provider}/account`);
    await page.waitForSelector('#passkey', { state: 'visible' });
    await touch();
    await page.click('#passkey');
    await page.waitForSelector('#stay, #methods, #phone-error');
    await touch(false);
  };
  return { page, touch, byPasskey };
}

test('what is downloaded is what is held, in JSON', async (t) => {
  const phone = '13800000850';
  const { page } = await resident(t, phone);
  const held = await download(page);
  assert.equal(held.issuer, demo.provider);
  assert.deepEqual(held.phone.map(({ number }) => number), [`+86${phone}`]);
  assert.equal(held.passkey.length, 1);
  assert.deepEqual(held.oauth_grant.map(({ client_id: client }) => client), [first]);
  assert.equal(held.subject.length, 1);
  for (const kind of ['account', 'audit', 'consent', 'known_browser', 'session']) {
    assert.ok(Object.keys(held[kind]).length > 0, kind);
  }
});

test('whoever leaves is out everywhere, and after fifteen days the number opens a new account', async (t) => {
  const phone = '13800000851';
  const { page: here, byPasskey } = await resident(t, phone);
  const [{ sub }] = (await download(here)).subject;
  await advance(demo, '61s');
  const there = await (await visitor(demo, t)).newPage();
  await enter(demo, there, phone);
  await leave(there);
  await suits(there);
  assert.ok(await isSignedOut(here, first), 'the department has been told');
  await here.goto(`${demo.provider}/account`);
  await here.waitForSelector('#phone');

  // Until the last day it is only on its way out.
  await advance(demo, '14d');
  await enter(demo, here, phone);
  await here.waitForSelector('#stay');
  await here.click('#leave');
  await here.waitForSelector('#phone');
  await advance(demo, '25h');
  await byPasskey();
  await here.waitForSelector('#phone-error');

  await enter(demo, here, phone);
  await here.waitForSelector('#methods');
  assert.equal(await here.locator('#methods button[name=passkey]').count(), 0);
  assert.match(await here.textContent('#activity'), /开通了账户今天/);
  assert.doesNotMatch(await here.textContent('#services'), /养老金查询/);
  await here.goto(first);
  await here.click('#sign-in');
  await here.click('#allow');
  await here.waitForSelector('#sign-out');
  const held = await download(here);
  assert.equal(held.subject.length, 1);
  assert.notEqual(held.subject[0].sub, sub, 'the department meets somebody new');
});

test('whoever is leaving signs in by passkey, and stays, or does not', async (t) => {
  const { page, byPasskey } = await resident(t, '13800000852');
  await leave(page);
  await byPasskey();
  await page.waitForSelector('#stay');
  await suits(page);
  await page.click('#leave');
  await page.waitForSelector('#phone');
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#phone');

  await byPasskey();
  await page.click('#stay');
  await page.waitForSelector('#methods button[name=passkey]');
  assert.match(await page.textContent('#activity'), /取消了注销/);
  await advance(demo, '16d');
  await byPasskey();
  await page.waitForSelector('#methods button[name=passkey]');
  assert.match(await page.textContent('#services'), /养老金查询/);
});

test('whoever did not ask to leave stops it by the notice\'s link', async (t) => {
  const phone = '13800000854';
  const owner = await (await visitor(demo, t)).newPage();
  await signIn(demo, owner, first, phone);
  await advance(demo, '25h');
  const thief = await (await visitor(demo, t)).newPage();
  await enter(demo, thief, phone);
  await leave(thief);

  const telephone = await (await visitor(demo, t)).newPage();
  await telephone.goto(await notice(demo, phone, '有人申请注销您的账户'));
  assert.match(await telephone.textContent('#what'), /有人申请注销您的账户/);
  await telephone.click('#lock');
  await telephone.waitForSelector('#outcome');
  await suits(telephone);
  await advance(demo, '16d');
  await enter(demo, owner, phone);
  await owner.waitForSelector('#methods');
  assert.match(await owner.textContent('#services'), /养老金查询/, 'nothing was erased');
  const activity = await owner.textContent('#activity');
  for (const line of ['申请注销账户', '锁住了账户', '取消了注销']) assert.ok(activity.includes(line), line);
});
