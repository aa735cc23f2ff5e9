// What axe-core finds against a page as it stands.
import assert from 'node:assert/strict';
import axe from 'axe-core';

export async function violations(page) {
  // Not by a script element, which the page's own policy refuses.
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  assert.ok(found.passes.length > 5, 'axe has looked at the page');
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
}
