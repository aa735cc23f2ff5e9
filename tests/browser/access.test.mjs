// Keys alone, and text twice the size: the whole sign-in, with nothing lost.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { code, start, visitor } from './demo.mjs';

let demo, first, second, large;

before(async () => {
  demo = await start();
  [first, second] = demo.departments;
  // The browser's own setting: every rem is twice the size, and the em of a media query too.
  large = await launch(['--blink-settings=defaultFontSize=32,defaultFixedFontSize=26']);
});

after(async () => {
  await large?.close();
  await demo?.stop();
});

/** What has the focus: its id, and whether an outline or the like shows it on the screen. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const inside = box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    const above = inside && document.elementFromPoint(
      Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1),
      Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1));
    return {
      id: element.id,
      what: `${element.tagName} ${element.id || element.className} ${element.textContent.trim().slice(0, 20)}`,
      outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
      uncovered: Boolean(above && (element.contains(above) || above.contains(element))),
    };
  });
}

/** Presses Tab until the element is reached; the focus must be seen at every stop. */
async function tabTo(page, id) {
  for (let presses = 0; presses < 40; presses += 1) {
    const at = await focused(page);
    if (presses > 0 || at.id === id) {
      assert.ok(at.outlined, `the focus shows: ${at.what}`);
      assert.ok(at.uncovered, `the focus is on the screen: ${at.what}`);
    }
    if (at.id === id) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not reach #${id} on ${page.url()}`);
}

for (const width of [390, 1280]) {
  test(`the whole sign-in by Tab and Enter alone, ${width} px`, async (t) => {
    const context = await visitor(demo, t, { viewport: { width, height: 800 } });
    const page = await context.newPage();
    const phone = width === 390 ? '13800000081' : '13800000082';
    const enter = async (sign) => {
      await page.keyboard.press('Enter');
      await page.waitForSelector(sign);
    };

    await page.goto(first);
    await tabTo(page, 'sign-in');
    await enter('#phone');

    // The first stop is the way past the header, and it goes there.
    await page.keyboard.press('Tab');
    const skip = page.locator('.skip');
    assert.ok(await skip.evaluate((link) => link === document.activeElement));
    assert.ok((await focused(page)).uncovered, 'the way past the header shows');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#main$/);
    await tabTo(page, 'phone');
    await page.keyboard.type('1380000');
    await enter('#phone-error');
    await tellsOfTheFault(page, 'phone', 'phone-error');

    await tabTo(page, 'phone');
    await page.keyboard.press('Control+A');
    await page.keyboard.type(phone);
    await tabTo(page, 'send-code');
    await enter('#code');
    assert.equal((await focused(page)).id, 'code', 'the one thing to do here has the focus');
    const right = await code(demo, phone);
    await page.keyboard.type(right === '000000' ? '000001' : '000000');
    await enter('#code-error');
    await tellsOfTheFault(page, 'code', 'code-error');
    await tabTo(page, 'code');
    await page.keyboard.type(right);
    await enter('#allow');
    await tabTo(page, 'deny');
    await tabTo(page, 'allow');
    await enter('#sign-out');

    await page.goto(second);
    await tabTo(page, 'sign-in');
    await enter('#allow');
    await tabTo(page, 'allow');
    await enter('#sign-out');
    await tabTo(page, 'sign-out');
    await enter('#sign-in');
  });
}

/** Focus on the field at fault, which names what is wrong with it, and that is on the screen. */
async function tellsOfTheFault(page, field, fault) {
  assert.ok([field, fault].includes((await focused(page)).id), `the focus is at the fault: ${(await focused(page)).what}`);
  const described = await page.getAttribute(`#${field}`, 'aria-describedby');
  assert.ok(described.split(' ').includes(fault));
  assert.equal(await page.getAttribute(`#${field}`, 'aria-invalid'), 'true');
  assert.ok(await page.locator(`#${fault}`).evaluate((element) => {
    const box = element.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight;
  }), 'the message is on the screen');
}

const enlarged = [
  { name: 'standard, text at 200 %', phone: '13800000083' },
  { name: 'elder, text at 200 %', phone: '13800000084', display: 'edition=elder' },
  { name: 'English, text at 200 %', phone: '13800000085', display: 'lang=en', locale: 'en-GB' },
];

for (const walk of enlarged) {
  test(`nothing is lost: ${walk.name}`, async (t) => {
    const context = await visitor({ browser: large }, t, { locale: walk.locale ?? 'zh-CN', viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const look = (name, sign) => t.test(name, async () => {
      await page.waitForSelector(sign);
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: 844 });
        assert.deepEqual(await page.evaluate(lost), [], `${width} px`);
      }
      await page.setViewportSize({ width: 390, height: 844 });
    });

    if (walk.display) await page.goto(`${demo.provider}/display?${walk.display}&back=/privacy`);
    await page.goto(`${demo.provider}/privacy`);
    await look('privacy', 'main h1');
    await page.goto(`${demo.provider}/nope`);
    await look('error', '#trace-id');
    await page.goto(first);
    await look('department 1', '#sign-in');
    await page.click('#sign-in');
    await page.fill('#phone', '12');
    await page.click('#send-code');
    await look('number, mistyped', '#phone-error');
    await page.fill('#phone', walk.phone);
    await page.click('#send-code');
    await page.waitForSelector('#code');
    const right = await code(demo, walk.phone);
    await page.fill('#code', right === '000000' ? '000001' : '000000');
    await page.click('#verify');
    await look('code, wrong', '#code-error');
    await page.fill('#code', right);
    await page.click('#verify');
    await look('consent', '#allow');
    await page.click('#allow');
    await look('department 1, signed in', '#sign-out');
    await page.goto(second);
    await look('department 2', '#sign-in');
    await page.click('#sign-in');
    await page.click('#allow');
    await look('department 2, signed in', '#sign-out');
    await page.goto(`${demo.provider}/account`);
    await look('account', '#services');
    await page.locator('#services button[value="all"]').first().click();
    await look('withdrawing', '#confirm');
  });
}

/** In the page: text that is cut off, stands outside the screen, or lies under other text. */
function lost() {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide`);
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.vh, .skip, svg');
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (!data.trim() || !seen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const text = data.trim().slice(0, 20);
    for (const box of range.getClientRects()) {
      if (box.width < 2 || box.height < 2) continue;
      if (box.left < -1 || box.right > root.clientWidth + 1) found.push(`outside: ${text}`);
      for (let around = parent; around && around !== document.body; around = around.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(around);
        if (overflowX === 'visible' && overflowY === 'visible') continue;
        const frame = around.getBoundingClientRect();
        if (frame.width <= 1) break;
        if (box.right > frame.right + 1 || box.left < frame.left - 1 || box.bottom > frame.bottom + 1) {
          found.push(`cut off: ${text}`);
        }
      }
      texts.push({ box, text, parent });
    }
  }
  for (const [at, one] of texts.entries()) {
    for (const other of texts.slice(at + 1)) {
      if (one.parent === other.parent || one.parent.contains(other.parent) || other.parent.contains(one.parent)) continue;
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      // Line boxes of one paragraph may touch; letters that are hidden overlap by half a line.
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (wide > 2 && high > Math.min(one.box.height, other.box.height) / 2) {
        found.push(`over one another: ${one.text} / ${other.text}`);
      }
    }
  }
  for (const field of document.querySelectorAll('input:not([type=hidden])')) {
    if (seen(field) && field.scrollWidth > field.clientWidth + 1) found.push(`a field's value is cut off: #${field.id}`);
  }
  return [...new Set(found)];
}
