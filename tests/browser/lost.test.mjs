// What is lost on the way: time, cookies, the state of an answer. Each must end in a sign-in that works.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { advance, allow, code, prove, start, visitor } from './demo.mjs';

let demo, first, second;

before(async () => {
  demo = await start();
  [first, second] = demo.departments;
});

after(() => demo?.stop());

const departmentsOwn = /^yimen-/;

/** From the department's button to the number's page, in a browser of its own. */
async function arrive(t) {
  const context = await visitor(demo, t);
  const page = await context.newPage();
  await page.goto(first);
  await page.click('#sign-in');
  await page.waitForSelector('#phone');
  return { context, page };
}

const pages = {
  number: { phone: '13800000051' },
  code: { phone: '13800000052' },
  consent: { phone: '13800000053' },
};

/** Goes on to one of the three pages, and gives the last step that would be taken there. */
async function reach(name, page, phone) {
  if (name === 'number') {
    await page.fill('#phone', phone);
    return '#send-code';
  }
  if (name === 'code') {
    await page.fill('#phone', phone);
    await page.click('#send-code');
    await page.waitForSelector('#code');
    await page.fill('#code', await code(demo, phone));
    return '#verify';
  }
  await prove(demo, page, phone);
  return '#allow';
}

for (const [name, { phone }] of Object.entries(pages)) {
  test(`the ${name} page left open too long, then sent, ends in a working sign-in`, async (t) => {
    const { page } = await arrive(t);
    const button = await reach(name, page, phone);
    await advance(demo, '31m');
    await page.click(button);
    await page.waitForSelector('#phone');
    assert.equal(await page.locator('#phone-error').count(), 0);
    await prove(demo, page, phone);
    await allow(page, first);
  });
}

test('a code that is too old says so and offers another, which works', async (t) => {
  const { page } = await arrive(t);
  await page.fill('#phone', '13800000054');
  await page.click('#send-code');
  await page.waitForSelector('#code');
  const old = await code(demo, '13800000054');
  await advance(demo, '6m');
  await page.fill('#code', old);
  await page.click('#verify');
  await page.waitForSelector('#code-error');
  await page.click('#resend');
  await page.waitForSelector('#code');
  await page.fill('#code', await code(demo, '13800000054'));
  await page.click('#verify');
  await page.waitForSelector('#allow');
  await allow(page, first);
});

for (const [at, name] of Object.keys(pages).entries()) {
  test(`the provider's cookies lost at the ${name} page: said, and a fresh start works`, async (t) => {
    const { context, page } = await arrive(t);
    const phone = `1380000006${at}`;
    const button = await reach(name, page, phone);
    const kept = (await context.cookies()).filter(({ name: cookie }) => departmentsOwn.test(cookie));
    await context.clearCookies();
    await context.addCookies(kept);
    await page.click(button);
    await page.waitForSelector('main #back');
    await page.click('#back');
    await page.waitForSelector('#phone');
    await advance(demo, '61s');
    await prove(demo, page, phone);
    await allow(page, first);
  });
}

/** Takes the department's answer off the browser on its way: gives its address. */
async function intercept(page) {
  const consent = /\/consent\//;
  let address;
  await page.route(consent, async (route) => {
    let answer = await route.fetch({ maxRedirects: 0 });
    for (;;) {
      address = new URL(answer.headers().location, answer.url());
      if (address.pathname === '/yimen/callback') break;
      answer = await page.request.get(address.href, { maxRedirects: 0 });
    }
    await route.fulfill({ contentType: 'text/html', body: '<p id="held">held</p>' });
  });
  await page.click('#allow');
  await page.waitForSelector('#held');
  await page.unroute(consent);
  return address.href;
}

/** The answer was thrown away; the browser is nobody's, and is offered one fresh start. */
async function isDiscarded(page) {
  await page.waitForSelector('#again');
  assert.equal(await page.locator('#again').count(), 1);
  assert.equal(await page.locator('#sign-out').count(), 0);
}

async function startAfresh(page) {
  await page.click('#again');
  await page.waitForSelector('#sign-out, #allow');
  if (await page.locator('#allow').count()) await page.click('#allow');
  await page.waitForSelector('#sign-out');
  assert.equal(new URL(page.url()).origin, first);
}

const changes = {
  'of another attempt': (state) => [...state].reverse().join(''),
  'with its end changed': (state) => `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`,
  'that is empty': () => '',
};

for (const [at, [name, change]] of Object.entries(changes).entries()) {
  test(`an answer with a state ${name} is discarded, its code not redeemed`, async (t) => {
    const { page } = await arrive(t);
    await prove(demo, page, `1380000007${at}`);
    const right = await intercept(page);
    const wrong = new URL(right);
    wrong.searchParams.set('state', change(wrong.searchParams.get('state')));
    assert.equal((await page.goto(wrong.href)).status(), 400);
    await isDiscarded(page);
    // A code counts once: that it still does shows that nobody has redeemed it.
    await page.goto(right);
    await page.waitForSelector('#sign-out');
  });
}

test("the department's cookies lost on the way: the answer is discarded, and a fresh start works", async (t) => {
  const { context, page } = await arrive(t);
  await prove(demo, page, '13800000075');
  const right = await intercept(page);
  const lost = (await context.cookies()).filter(({ name }) => departmentsOwn.test(name));
  assert.equal(lost.length, 1, 'the attempt');
  await context.clearCookies({ name: departmentsOwn });
  assert.equal((await page.goto(right)).status(), 400);
  await isDiscarded(page);
  await startAfresh(page);

  // The first code is unspent still: with its attempt's cookie back, it counts.
  await context.clearCookies({ name: departmentsOwn });
  await context.addCookies(lost);
  await page.goto(right);
  await page.waitForSelector('#sign-out');
});

test("an answer brought into another department, or another's browser, is discarded", async (t) => {
  const { page } = await arrive(t);
  await prove(demo, page, '13800000076');
  const right = new URL(await intercept(page));
  const stranger = await (await visitor(demo, t)).newPage();
  assert.equal((await stranger.goto(right.href)).status(), 400);
  await isDiscarded(stranger);
  await page.goto(right.href.replace(first, second));
  await isDiscarded(page);
  await page.goto(right.href);
  await page.waitForSelector('#sign-out');
});

test('an answer brought twice signs in once, and the second time breaks nothing', async (t) => {
  const { page } = await arrive(t);
  await prove(demo, page, '13800000077');
  const right = await intercept(page);
  await page.goto(right);
  await page.waitForSelector('#sign-out');
  assert.equal((await page.goto(right)).status(), 400);
  await isDiscarded(page);
  await startAfresh(page);
});
