// No page of the provider's that no test of this folder looks at.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

const templates = new URL('../../idp/templates/', import.meta.url);

/** By template: the test that has axe look at it, and the sign by which it knows that it is there. */
const looked = {
  'admin/desk.html': ['window', '#window-code'],
  'admin/enrol.html': ['window', 'data-passkey=create'],
  'admin/sign_in.html': ['window', 'data-passkey=get'],
  'consent/consent.html': ['pages', '#allow'],
  'error.html': ['pages', '#trace-id'],
  'meaning.html': ['seldom', 'main.prose h1'],
  'oidc/device.html': ['lifecycle', '#find-device'],
  'oidc/device_confirm.html': ['lifecycle', '#go-on'],
  'oidc/device_told.html': ['lifecycle', '#told'],
  'oidc/form_post.html': ['seldom', '#continue'],
  'oidc/logout.html': ['seldom', '#stay'],
  'portal/account.html': ['pages', '#services'],
  'portal/confirm.html': ['pages', '#confirm'],
  'portal/export.html': ['lifecycle', '#download'],
  'portal/handover.html': ['handover', '#approve'],
  'portal/handover_told.html': ['handover', '#told'],
  'portal/merge_outcome.html': ['seldom', '#told'],
  'portal/new_passkey.html': ['seldom', 'form[data-passkey=create]'],
  'portal/new_phone.html': ['seldom', '#send-code'],
  'portal/new_phone_code.html': ['seldom', '#verify'],
  'portal/notice.html': ['lifecycle', '#lock'],
  'portal/notice_outcome.html': ['lifecycle', '#outcome'],
  'portal/recover.html': ['seldom', '#recover'],
  'privacy.html': ['pages', 'main h1'],
  'signin/code.html': ['pages', '#code'],
  'signin/handover.html': ['handover', '#handover'],
  'signin/hold.html': ['pressure', 'form[data-working]'],
  'signin/identity.html': ['levels', '#prove'],
  'signin/identity_stopped.html': ['levels', '#stopped'],
  'signin/kiosk_enrol.html': ['window', '#enrol'],
  'signin/kiosk_rest.html': ['window', '#begin'],
  'signin/offer.html': ['passkeys', '#later'],
  'signin/outbox.html': ['pages', '#messages'],
  'signin/phone.html': ['pages', '#phone'],
  'signin/raise.html': ['levels', 'data-passkey=get'],
  'signin/signed_out.html': ['pages', 'main a[href="/account"]'],
  'signin/stay.html': ['lifecycle', '#stay'],
  'signin/whose.html': ['lifecycle', '#new'],
};

test('every page is looked at', async () => {
  const names = (await readdir(templates, { recursive: true })).filter((name) => name.endsWith('.html'));
  const pages = [];
  for (const name of names) {
    const text = await readFile(new URL(name, templates), 'utf8');
    // What extends the layout and lets nothing extend it in turn is a page.
    if (text.includes('{% extends') && name !== 'door.html') pages.push(name);
  }
  assert.deepEqual(pages.sort(), Object.keys(looked).sort());
});

for (const [template, [file, sign]] of Object.entries(looked)) {
  test(`${template} is looked at by ${file}.test.mjs`, async () => {
    const text = await readFile(new URL(`${file}.test.mjs`, import.meta.url), 'utf8');
    assert.ok(text.includes(sign), `waits for ${sign}`);
    assert.match(text, /from '.\/axe\.mjs'/);
  });
}
