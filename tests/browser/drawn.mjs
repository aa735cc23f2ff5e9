// What a page is drawn from, as far as its template says: so that a picture of an older page is noticed.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';

const templates = new URL('../../idp/templates/', import.meta.url);
const words = new URL('../../idp/words/', import.meta.url);

/** Where docs/pages keeps what each picture was drawn from. */
export const manifest = new URL('../../docs/pages/drawn.json', import.meta.url);

/** Every sentence of every language, by language and id. */
async function sentences() {
  const all = new Map();
  for (const file of (await readdir(words, { recursive: true })).filter((name) => name.endsWith('.ftl')).sort()) {
    const text = await readFile(new URL(file, words), 'utf8');
    const language = file.split('/')[0];
    for (const [, id, said] of text.matchAll(/^([a-z][a-z0-9-]*) =((?:.*\n(?:[ \t]+.*\n|\n(?=[ \t]))*))/gm)) {
      all.set(`${language} ${id}`, said.trim());
    }
  }
  return all;
}

/** A template with all that it includes and extends, once each. */
async function whole(template, seen = new Map()) {
  if (seen.has(template)) return seen;
  const text = await readFile(new URL(template, templates), 'utf8');
  seen.set(template, text);
  for (const [, part] of text.matchAll(/{%-? *(?:include|extends|import) "([^"]+)"/g)) await whole(part, seen);
  return seen;
}

/** The digest of what these templates are drawn from: themselves, their parts, and the sentences that they name. */
export async function drawn(pages) {
  const said = await sentences();
  const languages = [...new Set([...said.keys()].map((key) => key.split(' ')[0]))].sort();
  const digests = {};
  for (const template of pages.toSorted()) {
    const digest = createHash('sha256');
    for (const [name, text] of [...await whole(template)].sort()) {
      digest.update(`${name}\n${text}`);
      for (const [, id] of text.matchAll(/say\("([^"]+)"\)/g)) {
        for (const language of languages) digest.update(`${language} ${id} ${said.get(`${language} ${id}`)}\n`);
      }
    }
    digests[template] = digest.digest('hex').slice(0, 16);
  }
  return digests;
}
