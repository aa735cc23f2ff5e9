// Somebody walks away from a kiosk while a department's page stands on its screen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCity } from './city.mjs';
import { command, visitor } from './demo.mjs';

/** In seconds of this very clock: the browser itself counts them. Enough for each step of a walk on a busy machine. */
const idle = 12;
const personal = /138 \*\*\*\* 0045|id="sign-out"|<h1>我的养老账户/;

let city, first;

before(async () => {
  city = await startCity({
    https: true, hosts: ['id.city.localhost', 'hrss.city.localhost', 'scjg.county.localhost'],
    settings: `[session]\nkiosk_idle = "${idle}s"`,
  });
  [first] = city.departments;
});

after(() => city?.stop());

/** A kiosk, before which somebody has opened their pension statement. */
async function atKiosk(t, name, phone, options) {
  const context = await visitor(city, t, options);
  const page = await context.newPage();
  const { open } = await command(city, 'kiosk', 'add', name);
  await page.goto(open);
  await page.click('#enrol');
  await page.waitForSelector('#told');
  await page.goto(first);
  await page.click('#sign-in');
  await page.fill('#phone', phone);
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.fill('#code', city.codes.get(`+86${phone}`));
  await page.click('#verify');
  await page.click('#allow');
  await page.waitForSelector('#sign-out');
  await page.goto(`${first}/pension`);
  assert.match(await page.locator('body').innerHTML(), personal);
  return { context, page };
}

async function isNobodys(page, what) {
  // A page that is just leaving is waited for.
  assert.doesNotMatch(await page.locator('body').innerHTML(), personal, `${what}: ${page.url()}`);
}

const isAt = (page, place) => page.waitForURL(place, { timeout: (idle + 10) * 1000 });

/** Whoever comes next finds nothing of whoever left. */
async function leaves(t, name, phone, javaScriptEnabled) {
  const { context, page } = await atKiosk(t, name, phone, { javaScriptEnabled });
  if (javaScriptEnabled) {
    await page.evaluate(async () => {
      localStorage.setItem('left', 'behind');
      await caches.open('left');
    });
  }
  const shown = Date.now();
  await isAt(page, `${city.provider}/kiosk/rest`);
  assert.ok(Date.now() - shown > (idle - 6) * 1000, `not before its time: ${Date.now() - shown} ms`);
  await page.waitForSelector('#begin');
  await isNobodys(page, 'the rest page');
  const cookies = (await context.cookies()).map(({ name }) => name);
  assert.deepEqual(cookies.filter((name) => !/kiosk$/.test(name)), [], 'only what makes it a kiosk');

  // The next person presses Back until nothing is left to go back to.
  let steps = 0;
  for (let before; before !== page.url() && steps < 30; steps += 1) {
    before = page.url();
    await page.goBack({ timeout: 5000 }).catch((fault) => assert.match(fault.message, /ERR_CACHE_MISS|Timeout/));
    await isNobodys(page, `${steps + 1} steps back`);
  }
  assert.ok(steps > 1, 'there was something to go back to');

  await page.goto(`${first}/pension`);
  await page.waitForSelector('#phone');
  assert.equal(new URL(page.url()).origin, city.provider, 'the department asks who it is');
  await page.goto(first);
  await page.waitForSelector('#sign-in');
  if (javaScriptEnabled) {
    assert.deepEqual(await page.evaluate(async () => [localStorage.length, (await caches.keys()).length]), [0, 0]);
  }
}

test('a pension statement left on the screen goes by itself', (t) => leaves(t, '市民中心5号机', '13800000045', true));

test('so it does without scripts', (t) => leaves(t, '市民中心6号机', '13800010045', false));

test('whoever works at the department for longer than that is thrown out by nobody', async (t) => {
  const { page } = await atKiosk(t, '市民中心7号机', '13800020045');
  for (const end = Date.now() + 2.5 * idle * 1000; Date.now() < end;) {
    await page.waitForTimeout(idle * 1000 / 3);
    await page.goto(`${first}/pension`);
    assert.match(await page.locator('body').innerHTML(), personal);
  }
  await page.goto(`${city.provider}/account`);
  await page.waitForSelector('#devices');
});
