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
