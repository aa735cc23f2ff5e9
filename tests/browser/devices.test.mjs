// Other devices than the one in hand: a session ended from afar, a machine that signs in by letters, a kiosk that forgets.
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

test('a kiosk forgets whoever goes away, and whoever is called away by the screen saver', async (t) => {
  const context = await visitor(demo, t);
  const page = await context.newPage();
  const { open } = await command(demo, 'kiosk', 'add', '市民中心一楼3号机');
  await page.goto(open);
  await page.click('#enrol');
  await page.waitForSelector('#told');
  const forgets = async () => {
    await page.waitForSelector('#begin');
    const left = (await context.cookies()).map(({ name }) => name).filter((name) => !name.startsWith('yimen-'));
    assert.equal(left.length, 1, `only what makes it a kiosk: ${left}`);
    assert.match(left[0], /kiosk$/);
    await page.goto(`${demo.provider}/account`);
    await page.waitForSelector('#phone');
  };
  await enter(demo, page, '13800000704');
  await page.waitForSelector('#devices');
  await page.goto(`${demo.provider}/kiosk/rest`);
  await forgets();

  await signIn(demo, page, first, '13800000705');
  await advance(demo, '121s');
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#phone');
  assert.ok(await isSignedOut(page, first), 'the department has been told');
  await page.goto(`${demo.provider}/kiosk/rest`);
  await forgets();
});

test('finished, at a department on a kiosk: nobody is signed in, and Back finds nothing of them', async (t) => {
  const context = await visitor(demo, t);
  const page = await context.newPage();
  const { open } = await command(demo, 'kiosk', 'add', '市民中心一楼4号机');
  await page.goto(open);
  await page.click('#enrol');
  await page.waitForSelector('#told');
  const isEmpty = async (what) => {
    const text = await page.textContent('body');
    assert.doesNotMatch(text, /0706|张三丰/, `${what}: ${page.url()}`);
    assert.equal(await page.locator('#sign-out, #devices').count(), 0, `${what}: ${page.url()}`);
  };
  await signIn(demo, page, first, '13800000706');
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#devices');
  await page.evaluate(async () => {
    localStorage.setItem('left', 'behind');
    sessionStorage.setItem('left', 'behind');
    await caches.open('left');
  });
  await page.goto(`${first}/pension`);
  assert.match(await page.textContent('body'), /0706/);
  await page.click('#sign-out');
  // Nothing is asked: whoever has finished walks away.
  await page.waitForSelector('#sign-in');
  assert.equal(new URL(page.url()).origin, first);
  await isEmpty('finished');
  const cookies = (await context.cookies()).map(({ name }) => name);
  assert.deepEqual(cookies.filter((name) => !/kiosk$/.test(name)), [], 'only what makes it a kiosk');
  for (let steps = await page.evaluate(() => history.length); steps > 1; steps -= 1) {
    // What came of a form is not sent again by itself: the browser shows that it has nothing to show.
    await page.goBack().catch((fault) => assert.match(fault.message, /ERR_CACHE_MISS/));
    await isEmpty(`${steps} steps back`);
  }
  await page.goto(`${demo.provider}/privacy`);
  assert.deepEqual(await page.evaluate(async () => [localStorage.length, sessionStorage.length, (await caches.keys()).length]),
    [0, 0, 0]);
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#phone');
  await page.goto(first);
  await page.click('#sign-in');
  await page.waitForSelector('#phone');
});
