// Passkeys in Chromium, with authenticators that the browser plays itself (WebAuthn Level 3 §11.2).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits, violations } from './axe.mjs';
import { advance, allow, code, editions, enter, proveNumber, signIn, start, visitor } from './demo.mjs';
import { picture } from './pictures.mjs';
import { countSteps } from './steps.mjs';

let demo, first, second;

before(async () => {
  demo = await start();
  [first, second] = demo.departments;
});

after(() => demo?.stop());

/** Adds a passkey on the account page. */
async function addPasskey(device, phone) {
  const { page, touch } = device;
  await enter(demo, page, phone);
  await page.click('#add-passkey');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
  await touch(false);
}

test('from the department\'s button to signed in with a passkey: two taps', async (t) => {
  const device = await withAuthenticator(demo, t);
  const { page, touch } = device;
  await addPasskey(device, '13800000101');
  await page.goto(first);
  await page.click('#sign-in');
  await page.waitForSelector('#allow');
  await allow(page, first);
  await page.context().clearCookies();

  const steps = await countSteps(page);
  await page.goto(first);
  await page.click('#sign-in');
  await page.waitForSelector('#passkey');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#sign-out');
  assert.equal(new URL(page.url()).origin, first);
  t.diagnostic(`from the department's button to signed in, with a passkey: ${steps.length}: ${steps.join(', ')}`);
  assert.ok(steps.length >= 1 && steps.length <= 2, steps.join());
});

test('from the department\'s button to signed in by SMS, once the department is known: three fields or taps', async (t) => {
  const context = await visitor(demo, t);
  const page = await context.newPage();
  await signIn(demo, page, first, '13800000102');
  await advance(demo, '61s');
  await context.clearCookies();
  const steps = await countSteps(page);
  await page.goto(first);
  await page.click('#sign-in');
  await page.locator('#phone').pressSequentially('13800000102');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#code');
  await page.locator('#code').pressSequentially(await code(demo, '13800000102'));
  await page.keyboard.press('Enter');
  await page.waitForSelector('#sign-out');
  assert.equal(new URL(page.url()).origin, first);
  t.diagnostic(`from the department's button to signed in, by SMS: ${steps.length}: ${steps.join(', ')}`);
  assert.ok(steps.length >= 1 && steps.length <= 3, steps.join());
});

test('autofill: the passkey is chosen in the number\'s field', async (t) => {
  const device = await withAuthenticator(demo, t);
  const { page, touch } = device;
  await addPasskey(device, '13800000103');
  await page.context().clearCookies();
  await page.goto(`${demo.provider}/account`);
  assert.match(await page.getAttribute('#phone', 'autocomplete'), /webauthn$/);
  // Whoever chooses the passkey in the field's list is played by the browser, from the page's first moment on; this page
  // waits for them too, and would go on by itself while the next one is opened.
  await page.goto('about:blank');
  await touch();
  await page.goto(`${demo.provider}/account`, { waitUntil: 'commit' });
  await page.waitForSelector('#methods');
});

test('a device without passkeys gets the page of old, and loses nothing', async (t) => {
  const context = await visitor(demo, t);
  const page = await context.newPage();
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#phone');
  assert.equal(await page.locator('#passkey').isVisible(), false);
  assert.match(await page.getAttribute('#send-code', 'class'), /\bgo\b/);
});

test('with a device that can, the passkey is the first thing offered', async (t) => {
  const { page } = await withAuthenticator(demo, t);
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#passkey', { state: 'visible' });
  assert.doesNotMatch(await page.getAttribute('#send-code', 'class'), /\bgo\b/);
  assert.deepEqual(await violations(page), []);
});

test('one calm offer after a code, and none for a month after "not now"', async (t) => {
  const { page, touch } = await withAuthenticator(demo, t);
  const again = async () => {
    await page.context().clearCookies();
    await enter(demo, page, '13800000104');
  };
  await enter(demo, page, '13800000104');
  await page.waitForSelector('#methods');
  await advance(demo, '61s');
  await again();
  await page.waitForSelector('#later');
  assert.deepEqual(await violations(page), []);
  await page.click('#later');
  await page.waitForSelector('#methods');
  await advance(demo, '29d');
  await again();
  await page.waitForSelector('#methods');
  await advance(demo, '2d');
  await again();
  await page.waitForSelector('#later');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
});

for (const [at, edition] of editions.entries()) {
  test(`the pages that offer a passkey, ${edition.name}: the elder edition explains first`, async (t) => {
    const phone = `1380000012${at}`;
    const { page } = await withAuthenticator(demo, t, {}, { locale: edition.locale });
    const look = async (sign, template) => {
      await page.waitForSelector(sign, { state: 'visible' });
      await suits(page);
      await picture(page, template);
      await page.setViewportSize({ width: 390, height: 844 });
    };
    const isElder = edition.name === 'elder';
    await enter(demo, page, phone);
    await advance(demo, '61s');
    await page.context().clearCookies();
    await page.goto(`${demo.provider}/display?${edition.display}&back=/account`);
    await look('#passkey', 'signin/phone.html');
    const number = await page.locator('#phone').boundingBox();
    const passkey = await page.locator('#passkey').boundingBox();
    assert.equal(passkey.y > number.y, isElder, 'the elder edition asks for the number first');
    assert.equal(/\bgo\b/.test(await page.getAttribute('#send-code', 'class')), isElder);
    await proveNumber(demo, page, phone);
    await look('#later', 'signin/offer.html');
    assert.equal(await page.locator('main li').count(), isElder ? 3 : 0);
    await page.click('#later');
    await page.click('#add-passkey');
    await look('#passkey', 'portal/new_passkey.html');
  });
}

test('the number is lost: the passkey opens the account, and another number takes its place', async (t) => {
  const device = await withAuthenticator(demo, t);
  const { page, touch } = device;
  const [lost, other] = ['13800000115', '13800000116'];
  await addPasskey(device, lost);
  await page.context().clearCookies();
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#passkey', { state: 'visible' });
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods');
  await page.click('#add-phone');
  await page.fill('#phone', other);
  await page.click('#send-code');
  await page.fill('#code', await code(demo, other));
  await page.click('#verify');
  const given = page.locator('#methods li', { hasText: '0115' }).locator('form[action="/account/phones/remove"] button');
  await given.click();
  await page.click('#confirm');
  await page.waitForSelector('#methods form[action="/account/phones/keep"]');
  await advance(demo, '73h');
  await touch(false);

  await page.context().clearCookies();
  await enter(demo, page, other);
  await page.waitForSelector('#methods button[name=passkey]');
  assert.doesNotMatch(await page.textContent('#methods'), /0115/);
  const finder = await (await visitor(demo, t)).newPage();
  await enter(demo, finder, lost);
  await finder.waitForSelector('#methods');
  assert.doesNotMatch(await finder.textContent('#methods'), /0116/, 'whoever has the lost telephone begins anew');
});

for (const [transport, phone] of [['internal', '13800000114'], ['usb', '13800000117']]) {
  test(`where it is asked whose account it is, a passkey says so: ${transport}`, async (t) => {
    const device = await withAuthenticator(demo, t, { transport });
    const { page, touch } = device;
    await addPasskey(device, phone);
    await advance(demo, '90d');
    await page.context().clearCookies();
    await page.goto(`${demo.provider}/account`);
    await page.waitForSelector('#phone');
    assert.equal(await page.isVisible('#passkey'), transport === 'internal', 'the first page has it for devices that look at people');
    await proveNumber(demo, page, phone);
    await page.waitForSelector('#new');
    await page.waitForSelector('#passkey', { state: 'visible' });
    assert.deepEqual(await violations(page), []);
    await touch();
    await page.click('#passkey');
    await page.waitForSelector('#methods button[name=passkey]');
  });
}

/** Has the page write down what it signals to the authenticator (WebAuthn Level 3 §5.1.10). */
async function listen(page) {
  await page.addInitScript(() => {
    for (const name of ['signalUnknownCredential', 'signalAllAcceptedCredentials', 'signalCurrentUserDetails']) {
      PublicKeyCredential[name] = async (details) => {
        const said = JSON.parse(sessionStorage.getItem('said') ?? '[]');
        sessionStorage.setItem('said', JSON.stringify([...said, { signal: name, ...details }]));
      };
    }
  });
  return async (name) => {
    const said = await page.evaluate(() => JSON.parse(sessionStorage.getItem('said') ?? '[]'));
    return said.filter(({ signal }) => signal === name);
  };
}

test('authenticators are told what signs in here, under which name, and what does not', async (t) => {
  const device = await withAuthenticator(demo, t);
  const { page, touch, held } = device;
  const said = await listen(page);
  await addPasskey(device, '13800000111');
  const base64url = (text) => Buffer.from(text, 'base64').toString('base64url');
  const [credential] = await held();
  const accepted = (await said('signalAllAcceptedCredentials')).at(-1);
  assert.deepEqual(accepted.allAcceptedCredentialIds, [base64url(credential.credentialId)]);
  assert.equal(accepted.userId, base64url(credential.userHandle));
  assert.equal(accepted.rpId, credential.rpId);
  const details = (await said('signalCurrentUserDetails')).at(-1);
  assert.equal(details.userId, accepted.userId);
  assert.match(details.name, /0111/);
  assert.equal(details.name, details.displayName);
  await page.click('#methods button[name=passkey]');
  await page.click('#confirm');
  await page.waitForSelector('[role=status]');
  assert.deepEqual((await said('signalAllAcceptedCredentials')).at(-1).allAcceptedCredentialIds, []);
  // One that did not listen hears of it when it tries.
  await page.context().clearCookies();
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#passkey', { state: 'visible' });
  const tried = page.waitForRequest((request) => /\/passkey$/.test(request.url()));
  await touch();
  await page.click('#passkey');
  await tried;
  // It would answer the field's offer on the page that follows as well.
  await touch(false);
  await page.waitForSelector('#phone-error');
  const [unknown] = await said('signalUnknownCredential');
  assert.equal(unknown.credentialId, base64url(credential.credentialId));
  assert.equal(unknown.rpId, credential.rpId);
});

test('an app\'s own browser without passkeys gets messages, and pages that say what else there is', async (t) => {
  const context = await visitor(demo, t);
  await context.addInitScript(() => {
    delete window.PublicKeyCredential;
    delete Navigator.prototype.credentials;
  });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (fault) => faults.push(fault.message));
  await enter(demo, page, '13800000112');
  await page.waitForSelector('#methods');
  await page.click('#add-passkey');
  await page.waitForSelector('main h1');
  assert.equal(await page.locator('#passkey').isVisible(), false);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(faults, []);
});

test('a passkey that was removed is forgotten by the authenticator too', async (t) => {
  const device = await withAuthenticator(demo, t);
  const { page, cdp, authenticatorId, touch, held } = device;
  const forgotten = [];
  cdp.on('WebAuthn.credentialDeleted', ({ credentialId }) => forgotten.push(credentialId));
  await addPasskey(device, '13800000106');
  const [credential] = await held();
  await page.click('#methods button[name=passkey]');
  await page.click('#confirm');
  await page.waitForSelector('[role=status]');
  assert.equal(await page.locator('#methods button[name=passkey]').count(), 0);
  // By the list of those that are accepted, which the page signals.
  await settles(async () => (await held()).length === 0, 'forgotten at once');
  assert.deepEqual(forgotten, [credential.credentialId]);

  // One that was not there to listen hears of it when it tries.
  await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
  assert.equal((await held()).length, 1);
  await page.context().clearCookies();
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#passkey', { state: 'visible' });
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#phone-error');
  await settles(async () => (await held()).length === 0, 'forgotten at its try');
  assert.equal(forgotten.length, 2);
  await touch(false);
  assert.deepEqual(await violations(page), []);
});

/** Waits up to ten seconds for what comes by itself. */
async function settles(is, what) {
  const end = Date.now() + 10_000;
  while (!await is()) {
    assert.ok(Date.now() < end, what);
    await new Promise((done) => setTimeout(done, 50));
  }
}

test('whoever is not verified, or stops, gets in by no passkey, and still by a code', async (t) => {
  const device = await withAuthenticator(demo, t);
  const { page, cdp, authenticatorId, touch } = device;
  await addPasskey(device, '13800000107');
  await page.context().clearCookies();
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#passkey', { state: 'visible' });
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('[data-passkey-failed]:not([hidden])');
  assert.deepEqual(await violations(page), []);
  await advance(demo, '61s');
  await page.fill('#phone', '13800000107');
  await page.click('#send-code');
  await page.fill('#code', await code(demo, '13800000107'));
  await page.click('#verify');
  await page.waitForSelector('#methods');
});

test('several authenticators, one account, each by its name', async (t) => {
  const device = await withAuthenticator(demo, t, { transport: 'usb', defaultBackupEligibility: false, defaultBackupState: false });
  await addPasskey(device, '13800000108');
  const { page, cdp } = device;
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
    automaticPresenceSimulation: true,
  } });
  await page.click('#add-passkey');
  await page.click('#passkey');
  await page.waitForFunction(() => document.querySelectorAll('#methods button[name=passkey]').length === 2);
  const second = page.locator('#methods li', { has: page.locator('button[name=passkey]') }).last();
  await second.locator('summary').click();
  await second.locator('input[name=name]').fill('书房的电脑');
  await second.locator('form[action="/account/passkeys/rename"] button').click();
  await page.waitForSelector('[role=status]');
  assert.equal(await page.locator('#methods h3', { hasText: '书房的电脑' }).count(), 1);
  assert.deepEqual(await violations(page), []);
  // Each signs in alone: the computer's, which is backed up nowhere, and then the security key.
  await device.touch(false);
  await page.context().clearCookies();
  await page.goto(`${demo.provider}/account`, { waitUntil: 'commit' });
  await page.waitForSelector('#methods button[name=passkey]');
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
  // The first page has the button for devices that hold passkeys; where it is asked whose account it is, a key has it too.
  await advance(demo, '90d');
  await page.context().clearCookies();
  await enter(demo, page, '13800000108');
  await page.waitForSelector('#new');
  await page.waitForSelector('#passkey', { state: 'visible' });
  await device.touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
});

test('a passkey that is backed up since it was made signs in all the same', async (t) => {
  const device = await withAuthenticator(demo, t, { defaultBackupEligibility: true, defaultBackupState: false });
  const { page, cdp, authenticatorId, touch, held } = device;
  await addPasskey(device, '13800000113');
  for (const backupState of [true, false]) {
    const [{ credentialId }] = await held();
    await cdp.send('WebAuthn.setCredentialProperties', { authenticatorId, credentialId, backupState });
    await page.context().clearCookies();
    await page.goto(`${demo.provider}/account`);
    await page.waitForSelector('#passkey', { state: 'visible' });
    await touch();
    await page.click('#passkey');
    await page.waitForSelector('#methods button[name=passkey]');
    await touch(false);
    assert.equal((await held())[0].backupState, backupState);
  }
});

test('without scripts a page for passkeys says what else there is', async (t) => {
  const context = await visitor(demo, t, { javaScriptEnabled: false });
  const page = await context.newPage();
  await enter(demo, page, '13800000109');
  await page.click('#add-passkey');
  assert.equal(await page.locator('#passkey').isVisible(), false);
  assert.ok(await page.locator('.if-no-passkey').isVisible());
  await page.click('#cancel');
  await page.waitForSelector('#methods');
});

test('the second department opens with the passkey\'s session', async (t) => {
  const device = await withAuthenticator(demo, t);
  const { page, touch } = device;
  await addPasskey(device, '13800000110');
  await page.context().clearCookies();
  await page.goto(second);
  await page.click('#sign-in');
  await page.waitForSelector('#passkey', { state: 'visible' });
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#allow');
  await allow(page, second);
});
