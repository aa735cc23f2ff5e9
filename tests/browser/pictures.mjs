// Pictures of the provider's pages for docs/pages.md, taken where a test looks at one.
import { join } from 'node:path';

/** Where they are kept; gallery.mjs says it. Without it no picture is taken. */
const folder = process.env.YIMEN_PICTURES;

export const languages = ['zh-CN', 'en'];
export const screens = [
  { name: 'phone', width: 390, height: 844 },
  { name: 'desktop', width: 1280, height: 800 },
];
const tallest = 1300;

/** What the pictures of a template's page are called. */
export function named(template) {
  return template.replace('.html', '').replaceAll('/', '-');
}

/** Keeps the page that `template` has made, in its standard edition and by day, on a phone and on a desktop. */
export async function picture(page, template) {
  if (!folder) return;
  const { lang, elder } = await page.evaluate(() => {
    const { lang, classList } = document.documentElement;
    return { lang, elder: classList.contains('elder') };
  });
  if (elder) return;
  const before = page.viewportSize();
  await page.emulateMedia({ colorScheme: 'light' });
  for (const { name, width, height } of screens) {
    await page.setViewportSize({ width, height });
    // The whole page is on the screen: what is fixed stands where a reader would see it.
    const whole = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.min(whole, tallest) });
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(folder, `${named(template)}.${lang}.${name}.png`) });
  }
  await page.setViewportSize(before);
}
