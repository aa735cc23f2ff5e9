// Chromium, or whatever name it goes by here.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run'];
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser, with `more` flags than the usual ones, and `without` some that Playwright would add. */
export function launch(more = [], without = []) {
  return chromium.launch({ executablePath: onPath(), args: [...flags, ...more], ignoreDefaultArgs: without });
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`no Chromium on PATH (looked for ${names.join(', ')}); Debian: apt-get install chromium`);
  return found;
}
