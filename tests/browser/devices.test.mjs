// Other devices than the one in hand: a session ended from afar, a machine that signs in by letters.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { advance, command, enter, isSignedOut, proveNumber, signIn, start, visitor } from './demo.mjs';

const grant = 'urn:ietf:params:oauth:grant-type:device_code';

let demo, first;

before(async () => {
  demo = await start();
  [first] = demo.departments;
  await command(demo, 'client', 'add', '--id', 'hall', '--name', '自助办事机', '--department', '社保大厅',
    '--auth-method', 'none', '--grant-type', grant, '--scope', 'openid profile');
});

after(() => demo?.stop());

test('one device ends the session of another at once, and its department is told', async (t) => {
  const phone = '13800000701';
  const away = await (await visitor(demo, t)).newPage();
  await signIn(demo, away, first, phone);
  await advance(demo, '61s');
  const here = await (await visitor(demo, t)).newPage();
  await enter(demo, here, phone);
  await here.waitForSelector('#news');
  await here.click('#news-seen');
  await here.locator('#devices button[name=session]:not(#end-others)').click();
  await here.click('#confirm');
  await here.waitForSelector('[role=status]');
  assert.equal(await here.locator('#devices li').count(), 1);
  assert.ok(await isSignedOut(away, first), 'the department has been told');
  await away.goto(`${demo.provider}/account`);
  await away.waitForSelector('#phone');
});

test('an act that counts asks a session that is not fresh for another sign-in, and goes on where it was', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await enter(demo, page, '13800000702');
  await page.click('#export');
  await page.waitForSelector('#download');
  await advance(demo, '11m');
  await page.goto(`${demo.provider}/account`);
  await page.click('#export');
  await proveNumber(demo, page, '13800000702');
  await page.waitForSelector('#download');
});

test('a machine shows letters, a phone types them, and the machine is signed in', async (t) => {
  const ask = async (path, words) => (await fetch(`${demo.provider}${path}`, {
    method: 'POST', body: new URLSearchParams({ client_id: 'hall', ...words }),
  })).json();
  const begun = await ask('/oauth2/device_authorization', { scope: 'openid' });
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(begun.verification_uri);
  await page.fill('#user-code', begun.user_code.toLowerCase());
  await page.click('#find-device');
  await page.click('#go-on');
  await proveNumber(demo, page, '13800000703');
  await page.waitForSelector('#allow, #told');
  if (await page.locator('#allow').count()) await page.click('#allow');
  await page.waitForSelector('#told');
  const { access_token: token } = await ask('/oauth2/token', { grant_type: grant, device_code: begun.device_code });
  assert.ok(token);
});
