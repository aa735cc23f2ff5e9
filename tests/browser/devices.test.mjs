// Other devices than the one in hand: a session ended from afar, a machine that signs in by letters.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
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

/** What the machine asks of the provider. */
async function ask(path, words) {
  const answer = await fetch(`${demo.provider}${path}`, {
    method: 'POST', body: new URLSearchParams({ client_id: 'hall', ...words }),
  });
  return answer.json();
}

/** From the letters on the machine's screen to the page where somebody signs in. */
async function type(page, begun) {
  await page.goto(begun.verification_uri);
  await page.fill('#user-code', begun.user_code.toLowerCase());
  await page.click('#find-device');
  await page.click('#go-on');
}

/** Agrees, where that is asked, and the machine has its token. */
async function lets(page, begun) {
  await page.waitForSelector('#allow, #told');
  if (await page.locator('#allow').count()) await page.click('#allow');
  await page.waitForSelector('#told');
  const { access_token: token } = await ask('/oauth2/token', { grant_type: grant, device_code: begun.device_code });
  assert.ok(token);
}

test('a machine shows letters, a phone types them, and the machine is signed in', async (t) => {
  const begun = await ask('/oauth2/device_authorization', { scope: 'openid' });
  const page = await (await visitor(demo, t)).newPage();
  await type(page, begun);
  await proveNumber(demo, page, '13800000703');
  await lets(page, begun);
});

test('whoever types a machine\'s letters may sign in by passkey', async (t) => {
  const { page, touch } = await withAuthenticator(demo, t);
  await enter(demo, page, '13800000704');
  await page.click('#add-passkey');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
  await touch(false);
  await page.click('#sign-out');
  const begun = await ask('/oauth2/device_authorization', { scope: 'openid' });
  await type(page, begun);
  await page.waitForSelector('#passkey', { state: 'visible' });
  await suits(page);
  const early = await ask('/oauth2/token', { grant_type: grant, device_code: begun.device_code });
  assert.equal(early.error, 'authorization_pending', 'letters alone let nobody in');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#allow, #told');
  await touch(false);
  await advance(demo, '6s');
  await lets(page, begun);
});
