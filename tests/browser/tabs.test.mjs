// What residents do that a form does not expect: several tabs, Back, changes of mind, no script.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { advance, allow, code, isSignedOut, prove, signIn, start, visitor } from './demo.mjs';

let demo, first, second;

before(async () => {
  demo = await start();
  [first, second] = demo.departments;
});

after(() => demo?.stop());

test('exactly three screens lie between the button and being signed in, one at the next department', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  const screens = [];
  page.on('response', (answer) => {
    if (answer.request().resourceType() === 'document' && answer.status() === 200 &&
      answer.url().startsWith(demo.provider)) screens.push(new URL(answer.url()).pathname);
  });
  await signIn(demo, page, first, '13800000011');
  assert.equal(screens.length, 3, screens.join(' '));
  screens.length = 0;
  await page.goto(second);
  await page.click('#sign-in');
  await page.waitForSelector('#allow');
  assert.equal(await page.locator('#phone, #code').count(), 0);
  await allow(page, second);
  assert.equal(screens.length, 1, screens.join(' '));
});

for (const javaScriptEnabled of [true, false]) {
  test(`the whole story, consent withdrawn, scripts ${javaScriptEnabled ? 'on' : 'off'}`, async (t) => {
    const page = await (await visitor(demo, t, { javaScriptEnabled })).newPage();
    await signIn(demo, page, first, javaScriptEnabled ? '13800000012' : '13800000013');
    await page.goto(second);
    await page.click('#sign-in');
    await allow(page, second);

    await page.goto(`${demo.provider}/account`);
    const services = page.locator('#services details');
    assert.equal(await services.count(), 2);
    const names = page.locator('#services .rows > .row h3');
    const [, kept] = await names.allTextContents();
    await page.locator('#services button[value="all"]').first().click();
    await page.waitForSelector('#confirm');
    await page.click('#cancel');
    assert.equal(await services.count(), 2, 'asked, and thought better of it');
    await page.locator('#services button[value="all"]').first().click();
    await page.click('#confirm');
    await page.waitForSelector('#services');
    assert.deepEqual(await names.allTextContents(), [kept]);

    await page.click('#sign-out-everywhere');
    await page.click('#confirm');
    for (const department of [first, second]) {
      assert.ok(await isSignedOut(page, department), `${department} has been told`);
    }
    await page.goto(first);
    await page.click('#sign-in');
    await page.waitForSelector('#phone');
  });
}

test('a consent that was withdrawn is asked for again', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await signIn(demo, page, first, '13800000014');
  await page.goto(`${demo.provider}/account`);
  await page.locator('#services button[value="all"]').click();
  await page.click('#confirm');
  await page.waitForSelector('#services .empty');
  assert.ok(await isSignedOut(page, first), 'the department was told');
  await page.click('#sign-in');
  await page.waitForSelector('#allow');
  await allow(page, first);
});

/** Two tabs of a browser without cookies, both at the number's page, each for a department of its own. */
async function twoTabs(t) {
  const context = await visitor(demo, t);
  const tabs = [await context.newPage(), await context.newPage()];
  await Promise.all(tabs.map((tab, at) => tab.goto([first, second][at])));
  await Promise.all(tabs.map((tab) => Promise.all([tab.waitForSelector('#phone'), tab.click('#sign-in')])));
  return tabs;
}

/** Asks for a code in a tab, and gives what came. */
async function ask(tab, phone) {
  await tab.fill('#phone', phone);
  await tab.click('#send-code');
  await tab.waitForSelector('#code');
  return code(demo, phone);
}

async function enter(tab, typed, department) {
  await tab.fill('#code', typed);
  await tab.click('#verify');
  await tab.waitForSelector('#allow');
  await allow(tab, department);
}

test('two tabs begun at once, without cookies, both end signed in', async (t) => {
  const tabs = await twoTabs(t);
  const earlier = await ask(tabs[0], '13800000015');
  await advance(demo, '61s');
  const later = await ask(tabs[1], '13800000015');
  await enter(tabs[0], earlier, first);
  await enter(tabs[1], later, second);
  for (const [at, tab] of tabs.entries()) {
    await tab.reload();
    assert.equal(await tab.locator('#sign-out').count(), 1, `tab ${at + 1} is signed in still`);
  }
});

test('somebody else who signs in at the same browser ends the session of whoever was there before', async (t) => {
  const tabs = await twoTabs(t);
  const codes = [await ask(tabs[0], '13800000028'), await ask(tabs[1], '13800000016')];
  await enter(tabs[0], codes[0], first);
  await enter(tabs[1], codes[1], second);
  assert.ok(await isSignedOut(tabs[0], first), 'the first department has been told');
  await tabs[1].reload();
  assert.equal(await tabs[1].locator('#sign-out').count(), 1);
});

test('a number typed after another tab signed in is asked for its code, or gets no message', async (t) => {
  const context = await visitor(demo, t);
  const tabs = [await context.newPage(), await context.newPage()];
  const departments = [first, second];
  await Promise.all(tabs.map((tab, at) => tab.goto(departments[at])));
  await Promise.all(tabs.map((tab) => Promise.all([tab.waitForSelector('#phone'), tab.click('#sign-in')])));
  await prove(demo, tabs[0], '13800000021');
  await tabs[1].fill('#phone', '13800000022');
  await tabs[1].click('#send-code');
  await tabs[1].waitForSelector('#code, #allow');
  const sent = await (await fetch(`${demo.provider}/dev/outbox.json?phone=13800000022`)).json();
  const asked = await tabs[1].locator('#code').count();
  assert.equal(sent.length, asked, 'messages sent, codes asked for');
  // The question says whose account answers it, and lets the resident be the one they meant.
  assert.match(await tabs[1].textContent('#account'), /0021/);
  await tabs[1].click('#another');
  await prove(demo, tabs[1], '13800000022');
  await tabs[1].waitForSelector('#allow');
  assert.match(await tabs[1].textContent('#account'), /0022/);
  await allow(tabs[1], second);
});

test('two tabs at one department: the second goes on with what the first has proven', async (t) => {
  const context = await visitor(demo, t);
  const tabs = [await context.newPage(), await context.newPage()];
  await Promise.all(tabs.map((tab) => tab.goto(first)));
  await Promise.all(tabs.map((tab) => Promise.all([tab.waitForSelector('#phone'), tab.click('#sign-in')])));
  await prove(demo, tabs[0], '13800000017');
  await allow(tabs[0], first);
  await tabs[1].reload();
  await tabs[1].waitForSelector('#sign-out');
  assert.equal(new URL(tabs[1].url()).origin, first);
});

test('Back after signing in, again and again, leads to pages that work', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await signIn(demo, page, first, '13800000018');
  for (let back = 0; back < 4; back += 1) {
    const answer = await page.goBack();
    if (page.url() === 'about:blank') break;
    assert.ok((answer?.status() ?? 200) < 500, `${page.url()}: ${answer?.status()}`);
    const next = page.locator('main a[href], main button, header button');
    assert.ok(await next.count(), `${page.url()} offers a way on`);
  }
  await page.goto(first);
  assert.equal(await page.locator('#sign-out').count(), 1, 'still signed in');
});

test('the form of a spent consent, sent again, signs nobody out and breaks nothing', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(first);
  await page.click('#sign-in');
  await prove(demo, page, '13800000019');
  // What a browser that went Back would send, whether it shows the page again or not.
  const form = await page.$eval('form:has(#allow)', (element) => {
    const fields = new FormData(element, element.querySelector('#allow'));
    return { action: element.action, fields: new URLSearchParams(fields).toString() };
  });
  await allow(page, first);
  const answer = await page.request.post(form.action, {
    headers: { origin: demo.provider, 'content-type': 'application/x-www-form-urlencoded' },
    data: form.fields,
  });
  assert.ok(answer.status() < 500, `${answer.status()}: ${await answer.text()}`);
  assert.match(await answer.text(), /<main[^]*<(a|button) /, 'it offers a way on');
  await page.goto(first);
  assert.equal(await page.locator('#sign-out').count(), 1);
});

test('the code page may be reloaded, and a wrong code is told and mended', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(first);
  await page.click('#sign-in');
  await page.fill('#phone', '13800000020');
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.reload();
  const right = await code(demo, '13800000020');
  await page.fill('#code', right === '000000' ? '000001' : '000000');
  await page.click('#verify');
  await page.waitForSelector('#code-error');
  await page.fill('#code', right);
  await page.click('#verify');
  await page.waitForSelector('#allow');
  await allow(page, first);
});

test('Back, forward and reload at every step lose nothing that was done', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  const phone = '13800000023';
  const again = async (sign) => {
    await page.waitForSelector(sign);
    await page.waitForLoadState();
    await page.goBack();
    await page.goForward();
    await page.waitForSelector(sign);
    await page.reload();
    await page.waitForSelector(sign);
  };
  await page.goto(first);
  await page.click('#sign-in');
  await again('#phone');
  await page.fill('#phone', phone);
  await page.click('#send-code');
  await again('#code');
  await page.fill('#code', await code(demo, phone));
  await page.click('#verify');
  await again('#allow');
  await allow(page, first);
  await again('#sign-out');
});

test('one step back at every page, and on from there by hand, ends signed in', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  const phone = '13800000024';
  await page.goto(first);
  await page.click('#sign-in');
  await page.waitForSelector('#phone');
  await page.goBack();
  await page.click('#sign-in');
  await page.fill('#phone', '13800000025');
  await page.click('#send-code');
  await page.waitForSelector('#code');
  // The number was mistyped: back to it, and another.
  await page.goBack();
  await page.fill('#phone', phone);
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.fill('#code', await code(demo, phone));
  await page.click('#verify');
  await page.waitForSelector('#allow');
  // The code's page has done its work: it leads on.
  await page.goBack();
  if (!(await page.locator('#allow').count())) {
    await page.reload();
    await page.waitForSelector('#allow');
  }
  await page.click('#deny');
  await page.waitForSelector('#again');
  await page.goBack();
  await page.waitForSelector('#allow, #sign-in, #again, #phone, #back');
  await page.goto(first);
  await page.click('#sign-in');
  await page.waitForSelector('#allow');
  await allow(page, first);
});

test('two tabs begun at one department without cookies both reach it, each by its own pages', async (t) => {
  const context = await visitor(demo, t);
  const tabs = [await context.newPage(), await context.newPage()];
  await Promise.all(tabs.map((tab) => tab.goto(first)));
  await Promise.all(tabs.map((tab) => Promise.all([tab.waitForSelector('#phone'), tab.click('#sign-in')])));
  const phones = ['13800000026', '13800000027'];
  for (const [at, tab] of tabs.entries()) {
    await tab.fill('#phone', phones[at]);
    await tab.click('#send-code');
    await tab.waitForSelector('#code');
  }
  // In the other order.
  for (const at of [1, 0]) {
    await tabs[at].fill('#code', await code(demo, phones[at]));
    await tabs[at].click('#verify');
    await tabs[at].waitForSelector('#allow, #sign-out');
    if (await tabs[at].locator('#allow').count()) await tabs[at].click('#allow');
    await tabs[at].waitForSelector('#sign-out');
    assert.equal(new URL(tabs[at].url()).origin, first);
  }
  await tabs[1].reload();
  assert.equal(await tabs[1].locator('#sign-out').count(), 1);
});
