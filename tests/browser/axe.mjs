// What assistive technology would stumble over.
import assert from 'node:assert/strict';
import axe from 'axe-core';

/** What axe finds wrong with a page, in words. */
export async function violations(page) {
  // Not by a script element, which the page's own policy refuses.
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  assert.ok(found.passes.length > 5, 'axe has looked at the page');
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** Whether a page suits assistive technology, wide screens and narrow ones, by day and by night. */
export async function suits(page) {
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(page), [], `${width} px, ${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${wide} px wide on a screen of 320`);
}
