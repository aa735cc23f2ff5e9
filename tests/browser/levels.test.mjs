// A department asks to be sure who someone is: from its button to a signed filing, asked only for what is missing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits, violations } from './axe.mjs';
import { advance, allow, code, editions, prove, start, visitor } from './demo.mjs';
import { picture } from './pictures.mjs';

let demo, registration;

before(async () => {
  demo = await start();
  registration = demo.departments[1];
});

after(() => demo?.stop());

const person = (outcome, at = 0) => demo.people.filter((one) => one.outcome === outcome)[at];

/** What is true of every page: nothing for axe to find, and no sideways scroll on a small screen. */
async function look(page) {
  assert.deepEqual(await violations(page), [], page.url());
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${page.url()}: ${wide} px wide on a screen of 320`);
  await page.setViewportSize(before);
}

/** A new resident at the registration, with a name that is kept for them and can be filed. */
async function apply(page, phone, name) {
  await page.goto(registration);
  await page.click('#sign-in');
  await prove(demo, page, phone);
  await allow(page, registration);
  await page.fill('#name', name);
  await page.click('#apply');
  await page.waitForSelector('#filed');
}

async function tell(page, { name, number }) {
  await page.fill('#name', name);
  await page.fill('#number', number);
  await page.click('#prove');
}

test('business registration: sign the filing, passkey made, confirmed, name proven, filing signed', async (t) => {
  const { page, touch } = await withAuthenticator(demo, t);
  await apply(page, '13800000201', '云杉餐饮');
  await look(page);
  await page.click('a.sign');
  await page.waitForURL(/\/raise$/);
  await look(page);
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('[data-passkey=get]');
  await look(page);
  await page.click('#passkey');
  await page.waitForSelector('#number');
  await look(page);
  await tell(page, { name: '王', number: '123' });
  await page.waitForSelector('#number-error');
  assert.equal(await page.inputValue('#number'), '123');
  await look(page);
  await tell(page, person('does not match'));
  await page.waitForSelector('#prove-error');
  await look(page);
  const one = person('matches');
  await tell(page, one);
  await page.waitForSelector('#sign-filing');
  assert.equal(new URL(page.url()).origin, registration);
  assert.equal(await page.textContent('#signer'), one.name);
  await look(page);
  await page.click('#sign-filing');
  await page.waitForSelector('#signed');
  await look(page);
  await page.goto(`${demo.provider}/account`);
  assert.match(await page.textContent('#identity'), /可信级别 3/);
  await look(page);
  await page.click('#methods button[name=passkey]');
  assert.match(await page.textContent('[role=status]'), /最后一种方式，不能删/);
  await look(page);
});

for (const [at, edition] of editions.entries()) {
  test(`what a signature asks for, page by page, ${edition.name}`, async (t) => {
    const { page, touch } = await withAuthenticator(demo, t, {}, { locale: edition.locale });
    const see = (name, sign, template) => t.test(name, async () => {
      await page.waitForSelector(sign);
      await suits(page);
      await picture(page, template);
      await page.setViewportSize({ width: 390, height: 844 });
    });
    await page.goto(`${demo.provider}/display?${edition.display}&back=/privacy`);
    await apply(page, `1380000021${at}`, `白杨文具${'一二三'[at]}店`);
    await page.click('a.sign');
    await see('a passkey is missing', '#passkey', 'signin/raise.html');
    assert.equal(await page.locator('#how li').count(), edition.name === 'elder' ? 3 : 0, 'what it is, in the elder edition');
    await touch();
    await page.click('#passkey');
    await page.waitForSelector('[data-passkey=get]');
    assert.equal(await page.locator('#how').count(), 0, 'there is one by now');
    await page.click('#passkey');
    await see('a name is missing', '#number', 'signin/identity.html');
    await tell(page, person('is under 14'));
    await see('staff must look', '#stopped', 'signin/identity_stopped.html');
  });
}

test('a sign-in that is old is asked for again before a signature, finger alone, and comes back to the page', async (t) => {
  const { page, touch } = await withAuthenticator(demo, t);
  await apply(page, '13800000206', '银杏书店');
  const filing = await page.getAttribute('a.sign', 'href');
  await page.click('a.sign');
  await touch();
  await page.click('#passkey');
  await page.click('[data-passkey=get] #passkey');
  await tell(page, person('matches', 4));
  await page.waitForSelector('#sign-filing');
  await touch(false);

  await advance(demo, '11m');
  // What asks without a person before it is told what is missing, in the terms of RFC 9470.
  const answer = await page.request.get(new URL(filing, registration).href, { headers: { accept: 'application/json' } });
  assert.equal(answer.status(), 401);
  assert.match(answer.headers()['www-authenticate'], /error="insufficient_user_authentication".*acr_values="[^"]*\/acr\/3".*max_age="?600/);
  // What is sent too late has no effect, and says so.
  await page.click('#sign-filing');
  await page.waitForSelector('#again');
  const asked = page.waitForRequest(/\/oauth2\/authorize\?/);
  await page.click('#again');
  const { searchParams } = new URL((await asked).url());
  // How old it may be was said behind the browser's back (RFC 9126).
  assert.deepEqual([...searchParams.keys()].sort(), ['client_id', 'request_uri']);
  await page.waitForSelector('[data-passkey=get] #passkey');
  assert.equal(new URL(page.url()).origin, demo.provider);
  await look(page);
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#sign-filing');
  assert.equal(page.url(), new URL(filing, registration).href);
  assert.equal(await page.textContent('#signer'), person('matches', 4).name);
  await page.click('#sign-filing');
  await page.waitForSelector('#signed');
});

test('who will not confirm stays signed in, and the filing unsigned', async (t) => {
  const { page } = await withAuthenticator(demo, t);
  await apply(page, '13800000202', '青松书屋');
  await page.click('a.sign');
  await page.waitForSelector('#decline');
  await page.click('#decline');
  await page.waitForSelector('#again');
  assert.equal(new URL(page.url()).origin, registration);
  await look(page);
  await page.click('#home');
  await page.waitForSelector('#sign-out');
  await page.goto(`${registration}/applications`);
  assert.equal(await page.locator('a.sign').count(), 1);
});

test('the authority\'s people: each is answered as they are listed', async (t) => {
  const context = await visitor(demo, t, { viewport: { width: 390, height: 800 } });
  const page = await context.newPage();
  await page.goto(demo.authority);
  await look(page);
  for (const { number } of demo.people) assert.ok(await page.getByText(number, { exact: true }).count());
  await page.goto(`${demo.provider}/account`);
  await page.fill('#phone', '13800000203');
  await page.click('#send-code');
  await page.fill('#code', await code(demo, '13800000203'));
  await page.click('#verify');
  for (const [outcome, heading] of [
    ['is under 14', /监护人/],
    ['is recorded as dead', /工作人员/],
    ['matches, but has an account already', /已经有一个账户/],
  ]) {
    await page.click('#prove-name');
    await tell(page, person(outcome));
    await page.waitForSelector('#stopped');
    assert.match(await page.textContent('h1'), heading);
    await look(page);
    await page.click('#cancel');
  }
  await page.click('#prove-name');
  await tell(page, person('is never answered about'));
  await page.waitForSelector('#prove-error');
  assert.match(await page.textContent('#prove-error'), /不是您的问题/);
  await look(page);
  await page.click('summary');
  await page.fill('#assertion', person('matches', 1).certificate);
  await page.click('#prove-assertion');
  await page.waitForSelector('[role=status]');
  assert.equal(await page.textContent('h1'), person('matches', 1).name);
});

for (const [display, locale] of [['lang=en', 'en-GB'], ['edition=elder', 'zh-CN']]) {
  test(`the page that asks for a name, ${display}, without scripts`, async (t) => {
    const phone = display === 'lang=en' ? '13800000204' : '13800000205';
    const context = await visitor(demo, t, { viewport: { width: 390, height: 800 }, locale, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${demo.provider}/display?${display}&back=/account`);
    await page.fill('#phone', phone);
    await page.click('#send-code');
    await page.fill('#code', await code(demo, phone));
    await page.click('#verify');
    await page.click('#prove-name');
    await page.waitForSelector('#number');
    const heights = await page.locator('#name, #number, #prove').evaluateAll((all) =>
      all.map((one) => one.getBoundingClientRect().height));
    assert.ok(Math.min(...heights) >= (display === 'lang=en' ? 44 : 60), String(heights));
    await tell(page, person('matches', display === 'lang=en' ? 2 : 3));
    await page.waitForSelector('[role=status]');
    assert.equal(await page.locator('#prove-name').count(), 0);
    await advance(demo, '61s');
  });
}
