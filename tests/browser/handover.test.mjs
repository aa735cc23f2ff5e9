// A sign-in handed over from a desktop to a phone: two browsers, one of which reads the other's picture.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { code, start, visitor } from './demo.mjs';
import { picture } from './pictures.mjs';

let demo, first;

before(async () => {
  demo = await start();
  [first] = demo.departments;
});

after(() => demo?.stop());

const desk = { viewport: { width: 1280, height: 800 } };
const hand = { viewport: { width: 390, height: 800 } };

/** A phone that is signed in. */
async function phone(t, number, options = hand) {
  const page = await (await visitor(demo, t, options)).newPage();
  await page.goto(`${demo.provider}/account`);
  await page.fill('#phone', number);
  await page.click('#send-code');
  await page.fill('#code', await code(demo, number));
  await page.click('#verify');
  await page.waitForSelector('#methods');
  return page;
}

/** A desktop that shows its picture, on the way to the first department. */
async function desktop(t, options = desk) {
  const page = await (await visitor(demo, t, options)).newPage();
  await page.goto(first);
  await page.click('#sign-in');
  await page.click('#by-phone');
  await page.waitForSelector('#handover');
  return page;
}

for (const javaScriptEnabled of [true, false]) {
  test(`the desktop signs in by itself once the phone has agreed, scripts ${javaScriptEnabled}`, async (t) => {
    const number = javaScriptEnabled ? '13800000301' : '13800000302';
    const [mobile, screen] = [await phone(t, number), await desktop(t, { ...desk, javaScriptEnabled })];
    await mobile.goto(await screen.getAttribute('#handover', 'href'));
    await mobile.fill('#number', await screen.textContent('#number'));
    await mobile.click('#approve');
    await mobile.waitForSelector('#told');
    await screen.waitForSelector('#allow');
    await screen.click('#allow');
    await screen.waitForSelector('#sign-out');
    assert.equal(new URL(screen.url()).origin, first);
  });
}

test('a phone has no use for a picture on its own screen', async (t) => {
  const page = await (await visitor(demo, t, hand)).newPage();
  await page.goto(`${demo.provider}/account`);
  assert.equal(await page.isVisible('#by-phone'), false);
  await page.setViewportSize(desk.viewport);
  assert.equal(await page.isVisible('#by-phone'), true);
});

test('the picture is dark on light in the dark too, and large enough for a camera', async (t) => {
  const screen = await desktop(t, { ...desk, colorScheme: 'dark' });
  const paper = await screen.$eval('.picture .paper', (one) => getComputedStyle(one).fill);
  assert.equal(paper, 'rgb(255, 255, 255)');
  const { width } = await screen.locator('.picture svg').boundingBox();
  assert.ok(width >= 200, `${width} px`);
});

for (const locale of ['zh-CN', 'en']) {
  for (const elder of [false, true]) {
    test(`the pages have no fault that axe knows, ${locale}, elder ${elder}`, async (t) => {
      const number = { 'zh-CN': ['13800000303', '13800000304'], en: ['13800000305', '13800000306'] }[locale][Number(elder)];
      const mobile = await phone(t, number, { ...hand, locale });
      const screen = await desktop(t, { ...desk, locale });
      if (elder) {
        await screen.click('.elder-switch');
        await mobile.click('.elder-switch');
      }
      const seen = [await violations(screen)];
      await picture(screen, 'signin/handover.html');
      await mobile.goto(await screen.getAttribute('#handover', 'href'));
      await mobile.waitForSelector('#approve');
      await picture(mobile, 'portal/handover.html');
      await mobile.fill('#number', 'x');
      seen.push(await violations(mobile));
      const right = await screen.textContent('#number');
      await mobile.fill('#number', right === '000' ? '111' : '000');
      await mobile.click('#approve');
      await mobile.waitForSelector('#number-error');
      seen.push(await violations(mobile));
      await mobile.click('#refuse');
      await mobile.waitForSelector('#told');
      seen.push(await violations(mobile));
      await picture(mobile, 'portal/handover_told.html');
      await screen.waitForSelector('#handover-refused');
      seen.push(await violations(screen));
      assert.deepEqual(seen.flat(), []);
    });
  }
}
