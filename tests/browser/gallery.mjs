// The pictures of docs/pages.md, taken anew by the tests that look at the pages: node tests/browser/gallery.mjs
// With names of tests, such as `pages levels`, only those that they look at.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './chromium.mjs';
import { drawn, manifest } from './drawn.mjs';
import { languages, named, screens } from './pictures.mjs';

/** The largest file, in bytes; the quality is lowered until it fits. */
const largest = 110_000;
const only = process.argv.slice(2);
const shown = new URL('../../docs/pages/', import.meta.url);
const folder = process.env.YIMEN_PICTURES ?? await mkdtemp(join(tmpdir(), 'yimen-pictures-'));
const browser = await launch();
try {
  await walk();
  const names = new Set((await readdir(folder)).map((file) => file.split('.')[0]));
  if (only.length === 0) await rm(shown, { recursive: true, force: true });
  await mkdir(shown, { recursive: true });
  for (const name of names) await writeFile(new URL(`${name}.webp`, shown), await sheet(name));
  await note(names);
} finally {
  await browser.close();
  if (!process.env.YIMEN_PICTURES) await rm(folder, { recursive: true });
}

/** Runs every test file that takes pictures. */
async function walk() {
  const here = new URL('.', import.meta.url);
  const files = only.map((name) => `${name}.test.mjs`);
  for (const file of only.length > 0 ? [] : await readdir(here)) {
    if (file.endsWith('.test.mjs') && (await readFile(new URL(file, here), 'utf8')).includes('await picture(')) files.push(file);
  }
  const tests = spawn(process.execPath, ['--test', '--test-concurrency=1', ...files],
    { cwd: here, stdio: 'inherit', env: { ...process.env, YIMEN_PICTURES: folder } });
  const [code] = await once(tests, 'exit');
  if (code !== 0) throw new Error('a test has failed: its page may have no picture, or a wrong one');
}

/** Writes down what the pictures were drawn from. */
async function note(names) {
  const before = only.length === 0 ? {} : JSON.parse(await readFile(manifest, 'utf8'));
  const templates = await readdir(new URL('../../idp/templates/', import.meta.url), { recursive: true });
  const after = await drawn(templates.filter((template) => names.has(named(template))));
  const all = Object.entries({ ...before, ...after }).sort(([one], [other]) => (one < other ? -1 : 1));
  await writeFile(manifest, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}

/** A page's pictures side by side: both phones, then both desktops, one above the other. */
async function sheet(name) {
  const page = await browser.newPage();
  const images = await Promise.all(screens.map(({ name: screen }) => Promise.all(languages.map(async (lang) => {
    const file = await readFile(join(folder, `${name}.${lang}.${screen}.png`));
    return `<img class="${screen}" src="data:image/png;base64,${file.toString('base64')}">`;
  }))));
  const [phones, desktops] = images;
  await page.setContent(`<style>
    body { display: inline-flex; gap: 16px; align-items: flex-start; margin: 0; padding: 16px; background: #c3cecc }
    div { display: grid; gap: 16px }
    img { display: block; border-radius: 8px }
    .phone { width: 300px; max-height: 1000px; object-fit: cover; object-position: top }
    .desktop { width: 704px }
  </style>${phones.join('')}<div>${desktops.join('')}</div>`);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  const clip = { ...await page.locator('body').boundingBox(), scale: 1 };
  const session = await page.context().newCDPSession(page);
  for (let quality = 80; ; quality -= 10) {
    const { data } = await session.send('Page.captureScreenshot',
      { format: 'webp', quality, clip, captureBeyondViewport: true });
    const picture = Buffer.from(data, 'base64');
    if (picture.length <= largest || quality <= 30) {
      await page.close();
      return picture;
    }
  }
}
