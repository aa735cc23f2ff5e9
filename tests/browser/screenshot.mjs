// The README's picture, of the demo on a phone: node tests/browser/screenshot.mjs [FILE]
import { writeFile } from 'node:fs/promises';
import { code, start } from './demo.mjs';

const file = process.argv[2] ?? new URL('../../docs/screenshot.png', import.meta.url).pathname;
const size = { width: 390, height: 760 };
const phone = '13800000001';
const demo = await start();
try {
  const context = await demo.browser.newContext({
    locale: 'zh-CN',
    viewport: size,
    reducedMotion: 'reduce',
    colorScheme: 'light',
  });
  const page = await context.newPage();
  const pictures = [];
  const take = async () => pictures.push((await page.screenshot()).toString('base64'));

  await page.goto(demo.departments[0]);
  await take();
  await page.click('#sign-in');
  await page.fill('#phone', '138 0000 0001');
  await page.locator('#phone').blur();
  await take();
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.fill('#code', await code(demo, phone));
  await page.click('#verify');
  await page.waitForSelector('#allow');
  await take();

  // Side by side, each as a phone's screen; on a page of its own, since those above allow no inline style.
  const sheet = await context.newPage();
  const gap = 24;
  await sheet.setViewportSize({ width: 3 * size.width + 4 * gap, height: size.height + 2 * gap });
  await sheet.setContent(`<style>
    body { display: flex; gap: ${gap}px; margin: 0; padding: ${gap}px; background: #dfe6e5 }
    img { width: ${size.width}px; height: ${size.height}px; border-radius: 20px }
  </style>${pictures.map((picture) => `<img src="data:image/png;base64,${picture}">`).join('')}`);
  await sheet.waitForFunction(() => [...document.images].every((image) => image.complete));
  await writeFile(file, await sheet.screenshot());
} finally {
  await demo.stop();
}
