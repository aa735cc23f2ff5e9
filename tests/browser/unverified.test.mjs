// Passkeys without a look at the person: each page refuses in its words, and nothing is made of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
import { allow, command, enter, prove, start } from './demo.mjs';

let demo, registration;

before(async () => {
  demo = await start();
  registration = demo.departments[1];
});

after(() => demo?.stop());

const ways = [
  // The authenticator does not know whoever touches it: the browser itself gives up.
  { name: 'by a stranger', sign: '[data-passkey-failed]:not([hidden])', words: /没有登录，也没有添加/ },
  // A browser that asks for no look, against what the page says: only the provider can notice.
  {
    name: 'by a browser that asks for no look',
    sign: '#passkey-error',
    words: /没能通过核对/,
    change: (page) => page.evaluate(() => {
      for (const [name, part] of [['create', 'authenticatorSelection'], ['get', undefined]]) {
        const whole = navigator.credentials[name].bind(navigator.credentials);
        navigator.credentials[name] = (asked) => {
          const selection = part ? asked.publicKey[part] : asked.publicKey;
          if (selection.userVerification !== 'required') throw new Error('the page does not ask for a look itself');
          selection.userVerification = 'discouraged';
          // A credential that is kept for whoever is looked at contradicts that.
          delete asked.publicKey.extensions?.credentialProtectionPolicy;
          return whole(asked);
        };
      }
    }),
    // What could look at people would, whatever it is asked, before it made anything.
    maker: { hasUserVerification: false, isUserVerified: false },
  },
];

/** Presses the page's button as a person whom the authenticator does not know, and reads what the page says of it. */
async function isRefused({ page, cdp, authenticatorId, touch }, { change, sign, words }) {
  const verified = (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  await verified(false);
  await change?.(page);
  await touch();
  await page.click('#passkey');
  await page.waitForSelector(sign);
  await touch(false);
  await verified(true);
  assert.match(await page.textContent(sign), words);
  await suits(page);
  await page.setViewportSize({ width: 390, height: 844 });
}

/** Makes a passkey, or signs in by it: what the same button does for its owner. */
async function press({ page, touch }, sign) {
  await touch();
  await page.click('#passkey');
  await page.waitForSelector(sign);
  await touch(false);
}

/** A new resident at the registration, on the page that a signature leads to. */
async function toSignature({ page }, phone, name) {
  await page.goto(registration);
  await page.click('#sign-in');
  await prove(demo, page, phone);
  await allow(page, registration);
  await page.fill('#name', name);
  await page.click('#apply');
  await page.click('a.sign');
  await page.waitForURL(/\/raise$/);
}

/** Whoever gives up is back at the registration, with the filing unsigned, and an account with so many passkeys. */
async function isUnsigned({ page }, passkeys) {
  await page.click('#decline');
  await page.waitForSelector('#again');
  await page.goto(`${registration}/applications`);
  assert.equal(await page.locator('a.sign').count(), 1);
  await page.goto(`${demo.provider}/account`);
  assert.equal(await page.locator('#methods button[name=passkey]').count(), passkeys);
  assert.doesNotMatch(await page.textContent('#identity'), /可信级别 [23]/);
}

for (const [at, way] of ways.entries()) {
  test(`on the account page no passkey is made ${way.name}`, async (t) => {
    const device = await withAuthenticator(demo, t, way.maker);
    const { page } = device;
    await enter(demo, page, `1380000082${at}`);
    await page.click('#add-passkey');
    await isRefused(device, way);
    await page.click('#cancel');
    await page.waitForSelector('#methods');
    assert.equal(await page.locator('#methods button[name=passkey]').count(), 0);
  });

  test(`on the way to a signature no passkey is made ${way.name}`, async (t) => {
    const device = await withAuthenticator(demo, t, way.maker);
    await toSignature(device, `1380000083${at}`, `清溪${'茶米'[at]}行`);
    await isRefused(device, way);
    await isUnsigned(device, 0);
  });

  test(`on the way to a signature nothing is confirmed ${way.name}`, async (t) => {
    const device = await withAuthenticator(demo, t);
    await toSignature(device, `1380000084${at}`, `清溪${'布油'[at]}行`);
    await press(device, '[data-passkey=get]');
    await isRefused(device, way);
    await isUnsigned(device, 1);
  });

  test(`staff make no passkey and come in at no window ${way.name}`, async (t) => {
    const { link } = await command(demo, 'admin', 'add', `${'四五'[at]}号窗口-孙`);
    const other = await withAuthenticator(demo, t, way.maker);
    await other.page.goto(link);
    await isRefused(other, way);

    // Nothing was made of it: the link is still good, once.
    const device = await withAuthenticator(demo, t);
    const { page } = device;
    await page.goto(link);
    await press(device, 'form[data-passkey=get] #passkey');
    await isRefused(device, way);
    await page.goto(`${demo.provider}/admin`);
    await page.waitForSelector('form[data-passkey=get] #passkey');
    assert.equal(await page.locator('#disputes').count(), 0, 'nobody is on duty');
    await press(device, '#disputes');
  });
}
