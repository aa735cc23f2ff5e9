// Somebody with nothing but a telephone, who comes once a year, and whoever has the number after them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { advance, allow, proveNumber, start, visitor } from './demo.mjs';

let demo, first;

before(async () => {
  demo = await start();
  [first] = demo.departments;
});

after(() => demo?.stop());

/** From the department's button to what follows a right code. */
async function arrive(page, phone) {
  await page.goto(first);
  await page.click('#sign-in');
  await proveNumber(demo, page, phone);
}

test('once a year, from the same telephone: in at the department, and nobody asks whose the account is', async (t) => {
  const phone = '13800000871';
  const page = await (await visitor(demo, t, { viewport: { width: 390, height: 844 } })).newPage();
  await page.goto(first);
  await page.click('#sign-in');
  await page.click('.elder-switch');
  await page.waitForSelector('html.elder #phone');
  await proveNumber(demo, page, phone);
  await allow(page, first);
  const seen = [];
  page.on('framenavigated', () => seen.push(new URL(page.url()).pathname));
  for (const year of [1, 2]) {
    await advance(demo, '365d');
    await arrive(page, phone);
    // What was agreed to is over by then, and that is all that is asked again.
    await page.waitForSelector('html.elder #allow');
    await allow(page, first);
    assert.ok(seen.length > 0 && !seen.some((path) => path.endsWith('/whose')), `year ${year}: ${seen.join(' ')}`);
  }
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#methods');
  assert.doesNotMatch(await page.textContent('#activity'), /开通了账户今天/, 'it is the account of old');

  // The same year and the same number in a browser that nobody knows: there it is asked.
  await advance(demo, '365d');
  const stranger = await (await visitor(demo, t)).newPage();
  await arrive(stranger, phone);
  await stranger.waitForSelector('#new');
  assert.match(stranger.url(), /\/whose$/);
});
