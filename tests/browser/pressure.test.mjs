// An address range under attack: a stranger's browser works by itself, or, without scripts, waits in the queue.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { suits } from './axe.mjs';
import { startCity } from './city.mjs';
import { advance, editions, visitor } from './demo.mjs';
import { picture } from './pictures.mjs';

const range = '203.0.113';
let city;

before(async () => {
  city = await startCity({
    https: false,
    hosts: ['localhost', 'hrss.localhost', 'scjg.localhost'],
    settings: '[http]\ntrusted_proxies = ["127.0.0.1/32"]',
  });
  await beginHour();
  await Promise.all([1, 2, 3, 4, 5, 6].map(guess));
});

after(() => city?.stop());

/** What is counted by the hour has it before it. */
async function beginHour() {
  const { now } = await (await fetch(`${city.provider}/dev/clock`)).json();
  await advance(city, `${3600 - Math.floor(now / 1000) % 3600 + 1}s`);
}

/** Five wrong codes from a browser in the range: six of those are pressure. */
async function guess(host) {
  const context = await city.browser.newContext({ extraHTTPHeaders: { 'x-forwarded-for': `${range}.${host}` } });
  const page = await context.newPage();
  await page.goto(`${city.provider}/account`);
  await page.fill('#phone', `1380000009${host}`);
  await page.click('#send-code');
  for (let tries = 0; tries < 5; tries += 1) {
    await page.fill('#code', '000000');
    await page.click('#verify');
    await page.waitForSelector('#code-error');
  }
  await context.close();
}

/** A browser in the range that nobody knows, on the number's page. */
async function neighbour(t, host, options) {
  const context = await visitor(city, t, { extraHTTPHeaders: { 'x-forwarded-for': `${range}.${host}` }, ...options });
  const page = await context.newPage();
  await page.goto(`${city.provider}/account`);
  await page.waitForSelector('#phone');
  return page;
}

/** From the code's page to signed in. */
async function finish(page, phone) {
  await page.waitForSelector('#code');
  await page.fill('#code', city.codes.get(`+86${phone}`));
  await page.click('#verify');
  await page.waitForSelector('#devices');
}

/** Changes the page that holds a form before the browser sees it. */
async function change(page, edit) {
  await page.route('**/signin/*/phone', async (route) => {
    const answer = await route.fetch({ maxRedirects: 0 });
    const body = answer.status() === 429 ? edit(await answer.text()) : await answer.body();
    await route.fulfill({ response: answer, body });
  });
}

/** Work without an end. */
const endless = (html) => html.replace(/data-bits="\d+"/, 'data-bits="32"');

test('the page does the work by itself, and the resident signs in', async (t) => {
  const page = await neighbour(t, 11);
  const heard = [];
  page.on('pageerror', (fault) => heard.push(String(fault)));
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.text().includes('status of 429')) heard.push(line.text());
  });
  const answers = [];
  page.on('response', (answer) => {
    const { pathname } = new URL(answer.url());
    if (pathname.endsWith('/phone')) answers.push(answer.status());
  });
  await page.fill('#phone', '13800000101');
  await page.click('#send-code');
  await page.waitForSelector('#code');
  assert.deepEqual(answers, [429, 303], 'held once, and sent with the work');
  await page.goBack();
  await page.waitForSelector('#phone');
  await page.goForward();
  await finish(page, '13800000101');
  assert.deepEqual(heard, []);
});

test('a browser that is known is not asked', async (t) => {
  const page = await neighbour(t, 12);
  await page.fill('#phone', '13800000102');
  await page.click('#send-code');
  await finish(page, '13800000102');
  await page.context().clearCookies({ name: /session$/ });
  await advance(city, '61s');
  await page.goto(`${city.provider}/account`);
  await page.fill('#phone', '13800000102');
  await Promise.all([
    page.waitForResponse((answer) => answer.url().endsWith('/phone') && answer.status() === 303),
    page.click('#send-code'),
  ]);
  await finish(page, '13800000102');
});

test('while it works the button says so, and presses change nothing', async (t) => {
  const page = await neighbour(t, 13);
  await change(page, endless);
  await page.fill('#phone', '13800000103');
  await page.click('#send-code');
  await page.waitForSelector('form[data-working]');
  assert.equal(await page.textContent('#continue'), '正在准备…');
  assert.ok(await page.isVisible('.working'));
  assert.ok(!await page.isVisible('.wait'));
  let posts = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST') posts += 1;
  });
  await page.focus('#continue');
  await page.keyboard.press('Enter');
  // The page is alive while it works, and what it is asked next comes after the press.
  assert.equal(await page.evaluate(() => 6 * 7), 42);
  assert.equal(posts, 0);
});

test('work that does not end in time is given up for the wait', async (t) => {
  const page = await neighbour(t, 14);
  await change(page, (html) => endless(html).replace(/data-left="\d+"/, 'data-left="1"'));
  await page.fill('#phone', '13800000104');
  await page.click('#send-code');
  await page.waitForSelector('form[data-working]');
  await advance(city, '30s');
  await finish(page, '13800000104');
});

test('without scripts the page says how long to wait, and then goes on', async (t) => {
  const page = await neighbour(t, 15, { javaScriptEnabled: false });
  await page.fill('#phone', '13800000105');
  await page.click('#send-code');
  await page.waitForSelector('form[data-work]');
  assert.match(await page.textContent('.wait'), /请等\s*30\s*秒，再点“继续”。/);
  assert.ok(await page.isVisible('.wait'));
  assert.ok(!await page.isVisible('#continue'), 'the button comes when it works');
  // The style sheet's clock runs ahead of the provider's, which decides.
  const tools = await page.context().newCDPSession(page);
  await tools.send('Animation.enable');
  await tools.send('Animation.setPlaybackRate', { playbackRate: 1000 });
  await page.click('#continue');
  await page.waitForSelector('form[data-work]');
  assert.equal(city.codes.get('+8613800000105'), undefined);
  await advance(city, '30s');
  await page.click('#continue');
  await finish(page, '13800000105');
});

for (const [at, { name, display, locale }] of editions.entries()) {
  const host = 21 + at;
  for (const scripts of ['on', 'off']) {
    test(`the page that holds a form, ${name}, scripts ${scripts}`, async (t) => {
      const page = await neighbour(t, host, { locale, reducedMotion: 'reduce' });
      await page.goto(`${city.provider}/display?${display}&back=${new URL(page.url()).pathname}`);
      await page.waitForSelector('#phone');
      await change(page, scripts === 'on' ? endless : (html) => html.replace(/<script[^>]*><\/script>/, ''));
      await page.fill('#phone', `138000002${host}`);
      await page.click('#send-code');
      await page.waitForSelector(scripts === 'on' ? 'form[data-working]' : '.wait');
      await suits(page);
      if (scripts === 'on') await picture(page, 'signin/hold.html');
    });
  }
}
