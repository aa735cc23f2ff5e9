// A kiosk's browser, at a provider and departments on hosts of their own: what one resident leaves there to the next.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCity } from './city.mjs';
import { allow, command, isSignedOut, visitor } from './demo.mjs';

/** Seconds: time enough for a step of a walk on a slow machine; the walks wait it out. */
const idle = 15;

let city, first;

before(async () => {
  city = await startCity({
    https: true,
    hosts: ['id.city.localhost', 'hrss.county.localhost', 'scjg.city.localhost'],
    settings: `[session]\nkiosk_idle = "${idle}s"`,
    // As any other browser has it: what Back shows is often not asked for anew.
    without: ['--disable-back-forward-cache'],
  });
  [first] = city.departments;
});

after(() => city?.stop());

/** A browser that is a kiosk, with somebody on the way to a department, whose code has come. */
async function kiosk(t, name, phone) {
  const context = await visitor(city, t, { bypassCSP: true });
  const page = await context.newPage();
  const seen = new Set();
  page.on('response', (answer) => {
    if (answer.request().resourceType() === 'document' && answer.ok()) seen.add(answer.url());
  });
  const { open } = await command(city, 'kiosk', 'add', name);
  await page.goto(open);
  await page.click('#enrol');
  await page.waitForSelector('#told');
  await page.goto(first);
  await page.click('#sign-in');
  await page.fill('#phone', phone);
  await page.click('#send-code');
  await page.waitForSelector('#code');
  return { t, context, page, seen, phone };
}

/** The same, with somebody who has just signed in there. */
async function signedIn(t, name, phone) {
  const walk = await kiosk(t, name, phone);
  await walk.page.fill('#code', city.codes.get(`+86${phone}`));
  await walk.page.click('#verify');
  await walk.page.waitForSelector('#allow');
  await allow(walk.page, first);
  return walk;
}

/** Something of the provider's in each of the browser's stores. */
async function plant(page) {
  await page.goto(`${city.provider}/privacy`);
  await page.evaluate(async () => {
    localStorage.setItem('left', 'behind');
    sessionStorage.setItem('left', 'behind');
    await caches.open('left');
    await new Promise((done) => { indexedDB.open('left').onsuccess = done; });
  });
}

const stored = (page) => page.evaluate(async () => ({
  local: localStorage.length,
  session: sessionStorage.length,
  caches: await caches.keys(),
  databases: await indexedDB.databases(),
}));

/** Whether the browser's cache would answer this of the page's own origin. */
const isCached = (page, address) => page.evaluate(
  (url) => fetch(url, { cache: 'only-if-cached', mode: 'same-origin' }).then(({ ok }) => ok, () => false), address);

/** What is on the screen, while it may be on its way to something else. */
async function screen(page) {
  for (;;) {
    try {
      return await page.evaluate(() => ({
        text: document.documentElement.innerText,
        isSignedIn: Boolean(document.querySelector('#sign-out, #devices')),
      }));
    } catch (fault) {
      assert.match(fault.message, /context was destroyed|navigat/i);
    }
  }
}

/** Goes back as far as the browser can. Each page is looked at as it appears, and once it has settled. */
async function showsNothingOnBack({ context, page, phone }) {
  const number = new RegExp(`(\\*{4} ?|${phone.slice(0, -4)})${phone.slice(-4)}`);
  const cdp = await context.newCDPSession(page);
  const { currentIndex, entries } = await cdp.send('Page.getNavigationHistory');
  assert.ok(currentIndex > 4, 'there is a way back');
  for (const { id, url } of entries.slice(1, currentIndex).reverse()) {
    await cdp.send('Page.navigateToHistoryEntry', { entryId: id });
    for (const wait of [100, 400, 500]) {
      await page.waitForTimeout(wait);
      const { text, isSignedIn } = await screen(page);
      assert.doesNotMatch(text, number, `back at ${url}`);
      assert.equal(isSignedIn, false, `back at ${url}`);
    }
  }
  await cdp.detach();
}

/** Every cookie but the kiosk's own, which is the only one of the provider's. */
async function besidesTheKiosk(context) {
  const all = await context.cookies();
  const { hostname } = new URL(city.provider);
  assert.deepEqual(all.filter(({ domain }) => domain === hostname).map(({ name }) => name), ['__Host-kiosk']);
  return all.filter(({ domain }) => domain !== hostname);
}

/**
 * Nothing is left of whoever was here, but the kiosk's own cookie. A provider cannot take the cookie of another host:
 * where the department had no say in the end, its session's cookie stays, and opens nothing there any more.
 */
async function leavesNothing(walk, { departmentsCookieStays }) {
  const { context, page, seen } = walk;
  const others = await besidesTheKiosk(context);
  for (const { name, domain, value, expires } of others) {
    assert.match(name, /^__Host-yimen-[0-9a-f]{8}$/, 'a department\'s session');
    assert.equal(domain, new URL(first).hostname);
    assert.match(value, new RegExp(`^[\\w-]{43}\\.${idle}$`), 'which says nothing by itself but where it is');
    assert.equal(expires, -1);
  }
  assert.equal(others.length, departmentsCookieStays ? 1 : 0, others.map(({ name }) => name).join());

  const another = await context.newPage();
  assert.ok(await isSignedOut(another, first), 'the department has been told');
  await another.close();
  await showsNothingOnBack(walk);

  for (const [origin, place] of [[city.provider, '/privacy'], [first, '/icon.svg']]) {
    await page.goto(`${origin}${place}`);
    assert.deepEqual(await stored(page), { local: 0, session: 0, caches: [], databases: [] }, origin);
    const visited = [...seen].filter((url) => url.startsWith(`${origin}/`) && url !== page.url());
    assert.ok(visited.length > 1, origin);
    for (const url of visited) assert.equal(await isCached(page, url), false, url);
  }
  assert.ok(await isCached(page, `${first}/icon.svg`), 'what is nobody\'s is found by the same question');

  for (const [place, origin] of [['/pension', first], ['/account', city.provider]]) {
    await page.goto(`${origin}${place}`);
    await page.waitForSelector('#phone');
  }
  const thief = await visitor(city, walk.t);
  await thief.addCookies(others);
  const away = await thief.newPage();
  await away.goto(first);
  await away.waitForSelector('#sign-in');
}

test('whoever walks away from a page of the provider leaves nothing', async (t) => {
  const walk = await signedIn(t, '一楼1号机', '13800000704');
  await plant(walk.page);
  await walk.page.goto(`${first}/pension`);
  await walk.page.goto(`${city.provider}/account`);
  await walk.page.waitForSelector('#devices');
  await walk.page.waitForURL(`${city.provider}/kiosk/rest`, { timeout: 20_000 });
  await leavesNothing(walk, { departmentsCookieStays: true });
});

test('whoever walks away from a department leaves nothing, and not even its cookie', async (t) => {
  const walk = await signedIn(t, '一楼2号机', '13800000705');
  await plant(walk.page);
  await walk.page.goto(`${city.provider}/account`);
  await walk.page.waitForSelector('#devices');
  await walk.page.goto(`${first}/pension`);
  await walk.page.waitForURL(`${city.provider}/kiosk/rest`, { timeout: (idle + 10) * 1000 });
  await leavesNothing(walk, { departmentsCookieStays: false });
});

test('the screen saver takes a department\'s page away, and Back does not bring it again', async (t) => {
  const walk = await signedIn(t, '一楼3号机', '13800000706');
  await plant(walk.page);
  await walk.page.goto(`${city.provider}/account`);
  await walk.page.waitForSelector('#devices');
  await walk.page.goto(`${first}/pension`);
  await walk.page.goto(`${city.provider}/kiosk/rest`);
  await leavesNothing(walk, { departmentsCookieStays: true });
});

test('finished, at a department: no question, and not even the department\'s cookie is left', async (t) => {
  const walk = await signedIn(t, '一楼4号机', '13800000707');
  await plant(walk.page);
  await walk.page.goto(`${city.provider}/account`);
  await walk.page.waitForSelector('#devices');
  await walk.page.goto(`${first}/pension`);
  await walk.page.click('#sign-out');
  await walk.page.waitForSelector('#sign-in');
  assert.equal(new URL(walk.page.url()).origin, first);
  await leavesNothing(walk, { departmentsCookieStays: false });
});

test('whoever is called away before the code is typed leaves no number and no way in', async (t) => {
  const walk = await kiosk(t, '一楼5号机', '13800000708');
  const { context, page } = walk;
  await page.goto(`${city.provider}/kiosk/rest`);
  const others = await besidesTheKiosk(context);
  // An attempt of the department's, which is worth nothing without the provider's answer to it.
  assert.deepEqual(others.map(({ name }) => name.replace(/[0-9a-f]{8}-.+/, '')), ['__Host-yimen-']);
  assert.doesNotMatch(others[0].value, /0708/);
  await showsNothingOnBack(walk);
  await page.goto(`${first}/pension`);
  await page.waitForSelector('#phone');
  assert.equal(await page.inputValue('#phone'), '');
});
