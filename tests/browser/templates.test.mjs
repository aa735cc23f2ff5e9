// No page of the provider's that no test of this folder looks at, nor any that docs/pages.md does not show.
import assert from 'node:assert/strict';
import { readFile, readdir, stat } from 'node:fs/promises';
import { before, test } from 'node:test';
import { drawn, manifest } from './drawn.mjs';
import { named } from './pictures.mjs';

const templates = new URL('../../idp/templates/', import.meta.url);
const docs = new URL('../../docs/', import.meta.url);
let pages;

before(async () => {
  pages = [];
  for (const name of (await readdir(templates, { recursive: true })).filter((name) => name.endsWith('.html'))) {
    const text = await readFile(new URL(name, templates), 'utf8');
    // What extends the layout and lets nothing extend it in turn is a page.
    if (text.includes('{% extends') && name !== 'door.html') pages.push(name);
  }
});

test('every page is looked at, by a test that has axe look too', async () => {
  const looked = new Set();
  for (const file of (await readdir(new URL('.', import.meta.url))).filter((name) => name.endsWith('.test.mjs'))) {
    const text = await readFile(new URL(file, import.meta.url), 'utf8');
    if (!/from '.\/axe\.mjs'/.test(text)) continue;
    for (const [, template] of text.matchAll(/'([a-z_/]+\.html)'/g)) looked.add(template);
  }
  assert.deepEqual([...looked].sort(), pages.toSorted());
});

test('no passkey is made in the elder edition without a word of what it is; staff know', async () => {
  const makes = [];
  for (const name of pages.filter((name) => !name.startsWith('admin/'))) {
    const text = await readFile(new URL(name, templates), 'utf8');
    if (!/data-passkey="create"|passkey_make\.html/.test(text)) continue;
    makes.push(name);
    assert.match(text, /page\.is_elder\(\) %}[^%]*{% include "signin\/passkey_elder\.html" %}/, name);
  }
  assert.deepEqual(makes.sort(), ['portal/new_passkey.html', 'signin/offer.html', 'signin/raise.html']);
});

test('docs/pages.md shows every page, and nothing that is none (tests/browser/gallery.mjs)', async () => {
  const wanted = pages.map((template) => `${named(template)}.webp`).sort();
  const held = (await readdir(new URL('pages/', docs))).filter((name) => name.endsWith('.webp')).sort();
  assert.deepEqual(held, wanted, 'docs/pages');
  const text = await readFile(new URL('pages.md', docs), 'utf8');
  assert.deepEqual([...text.matchAll(/\]\(pages\/([^)]*)\)/g)].map(([, file]) => file).sort(), wanted, 'docs/pages.md');
});

test('no picture is of a page that has changed since (tests/browser/gallery.mjs, with the names of its tests)', async () => {
  assert.deepEqual(JSON.parse(await readFile(manifest, 'utf8')), await drawn(pages));
});

test('the pictures stay small enough for a clone', async () => {
  const sizes = await Promise.all(pages.map(async (template) =>
    (await stat(new URL(`pages/${named(template)}.webp`, docs))).size));
  assert.ok(Math.max(...sizes) <= 125_000, `${Math.max(...sizes)} bytes`);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 3_500_000);
});
