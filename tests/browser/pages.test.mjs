// Every page of the flow: for assistive technology, narrow screens, and what it may load.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { suits } from './axe.mjs';
import { allow, code, editions, start } from './demo.mjs';
import { picture } from './pictures.mjs';

let demo, first, second;

before(async () => {
  demo = await start();
  [first, second] = demo.departments;
});

after(() => demo?.stop());

for (const [at, edition] of editions.entries()) {
  const phone = `1380000003${at + 1}`;
  test(`pages, ${edition.name}`, async (t) => {
    const context = await demo.browser.newContext({ locale: edition.locale, reducedMotion: 'reduce' });
    context.setDefaultTimeout(15_000);
    t.after(() => context.close());
    const page = await context.newPage();
    const heard = [];
    page.on('pageerror', (fault) => heard.push(String(fault)));
    page.on('console', (line) => {
      // The browser remarks on the mistakes made on purpose: /nope, half a number, a wrong code.
      const ours = /^Failed to load resource: .* status of (404|422) /.test(line.text()) &&
        /\/(nope|phone|code)$/.test(line.location().url);
      if (line.type() === 'error' && !ours) heard.push(line.text());
    });
    const documents = new Map();
    page.on('response', (answer) => {
      if (answer.request().resourceType() === 'document') documents.set(answer.url(), answer);
    });

    /** What is true of every page; the template is named where it is to be shown. */
    const look = (name, sign, template) => t.test(name, async () => {
      await page.waitForSelector(sign);
      await headers(documents.get(page.url().split('#')[0]));
      await suits(page);
      if (template) await picture(page, template);
      await page.setViewportSize({ width: 390, height: 844 });
    });

    await page.goto(`${demo.provider}/display?${edition.display}&back=/privacy`);
    assert.equal(await page.locator('html.elder').count(), edition.name === 'elder' ? 1 : 0);
    await look('privacy', 'main h1', 'privacy.html');
    await page.goto(`${demo.provider}/nope`);
    await look('error', '#trace-id', 'error.html');

    await page.goto(first);
    await look('department 1', '#sign-in');
    await page.click('#sign-in');
    await look('number', '#phone');
    await page.fill('#phone', '12');
    await page.click('#send-code');
    await look('number, mistyped', '#phone-error');
    await page.fill('#phone', phone);
    await page.click('#send-code');
    await look('code', '#code', 'signin/code.html');
    const right = await code(demo, phone);
    await page.fill('#code', right === '000000' ? '000001' : '000000');
    await page.click('#verify');
    await look('code, wrong', '#code-error');
    await page.fill('#code', right);
    await page.click('#verify');
    await look('consent', '#allow', 'consent/consent.html');
    await allow(page, first);
    await look('department 1, signed in', '#sign-out');
    await page.goto(second);
    await look('department 2', '#sign-in');
    await page.click('#sign-in');
    await look('consent, department 2', '#allow');
    await allow(page, second);
    await look('department 2, signed in', '#sign-out');
    await page.goto(`${demo.provider}/dev/outbox`);
    await look('outbox', '#messages', 'signin/outbox.html');
    await page.goto(`${demo.provider}/account`);
    await look('account', '#services', 'portal/account.html');
    // More happens than one page of the activity holds.
    for (let exports = 0; exports < 31; exports += 1) await page.request.get(`${demo.provider}/account/export`);
    await page.goto(`${demo.provider}/account/activity`);
    await look('activity', '.timeline', 'portal/activity_page.html');
    await page.click('#earlier');
    await look('activity, earlier', '#newest', 'portal/activity_page.html');
    await page.click('#to-account');
    await page.locator('#services button[value="all"]').first().click();
    await look('withdrawing', '#confirm', 'portal/confirm.html');
    await page.click('#cancel');
    await page.click('#sign-out-everywhere');
    await look('signing out everywhere', '#confirm');
    await page.click('#confirm');
    await look('signed out', 'main a[href="/account"]', 'signin/signed_out.html');

    await t.test('nothing was refused or went wrong in the console', () => assert.deepEqual(heard, []));
  });
}

async function headers(answer) {
  assert.ok(answer, 'the page came with an answer');
  const all = await answer.allHeaders();
  const policy = new Map((all['content-security-policy'] ?? '').split('; ').map((directive) => {
    const [name, ...sources] = directive.split(' ');
    return [name, sources];
  }));
  assert.deepEqual(policy.get('default-src'), ["'none'"]);
  assert.deepEqual(policy.get('frame-ancestors'), ["'none'"]);
  assert.deepEqual(policy.get('base-uri'), ["'none'"]);
  assert.ok(policy.get('form-action')?.includes("'self'"));
  for (const [name, sources] of policy) {
    assert.doesNotMatch(sources.join(' '), /unsafe|\*|https?:( |$)/, name);
  }
  assert.equal(all['x-content-type-options'], 'nosniff');
  assert.equal(all['referrer-policy'], 'same-origin');
  assert.equal(all['cache-control'], 'no-store');
  if (!answer.url().startsWith(demo.provider)) return;
  assert.equal(all['x-frame-options'], 'DENY');
  assert.equal(all['cross-origin-opener-policy'], 'same-origin');
  assert.equal(all['cross-origin-resource-policy'], 'same-origin');
  assert.match(all['permissions-policy'] ?? '', /camera=\(\)/);
}
