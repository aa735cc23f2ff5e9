// A registered kiosk asks a phone that nobody is signed in on: by passkey, and told where and what it is that asks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
import { startCity } from './city.mjs';
import { allow, command, isSignedOut, visitor } from './demo.mjs';

/** Addresses that `tests/http/places/make.py` knows: the hall and next door in Kunming, another in Dali. */
const hall = '203.0.113.7';
const [nextDoor, away] = ['203.0.113.99', '198.51.100.9'];

let city, first;

before(async () => {
  city = await startCity({
    https: false,
    hosts: ['localhost', 'hrss.localhost', 'scjg.localhost'],
    settings: `[http]
trusted_proxies = ["127.0.0.1/32"]
[place]
database = "${new URL('../http/places/cities.mmdb', import.meta.url).pathname}"`,
  });
  [first] = city.departments;
});

after(() => city?.stop());

const at = (address, viewport) => ({ viewport, extraHTTPHeaders: { 'x-forwarded-for': address } });

/** A phone with a passkey, on which nobody is signed in. */
async function phone(t, number, address) {
  const device = await withAuthenticator(city, t, {}, at(address, { width: 390, height: 844 }));
  const { page, touch } = device;
  await page.goto(`${city.provider}/account`);
  await page.fill('#phone', number);
  await page.click('#send-code');
  await page.waitForSelector('#code');
  await page.fill('#code', city.codes.get(`+86${number}`));
  await page.click('#verify');
  await page.click('#add-passkey');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
  await touch(false);
  await page.click('#sign-out');
  await page.waitForSelector('main a[href="/account"]');
  return device;
}

/** A kiosk of this name, with a picture on its screen, on the way to the first department. */
async function kiosk(t, name) {
  const page = await (await visitor(city, t, at(hall, { width: 1280, height: 800 }))).newPage();
  await page.goto((await command(city, 'kiosk', 'add', name)).open);
  await page.click('#enrol');
  await page.waitForSelector('#told');
  await page.goto(first);
  await page.click('#sign-in');
  await page.click('#by-phone');
  await page.waitForSelector('#handover');
  return page;
}

for (const [where, address, near, number, name] of [
  ['in the hall', nextDoor, '跟您的手机在同一个网络', '13800000311', '市民中心一楼8号机'],
  ['in another city', away, '跟您的手机不在同一个网络', '13800000312', '市民中心一楼9号机'],
]) {
  test(`the phone ${where} signs in by passkey, sees the kiosk, types its number, and the kiosk is signed in`, async (t) => {
    const { page: mobile, touch } = await phone(t, number, address);
    const screen = await kiosk(t, name);

    await mobile.goto(await screen.getAttribute('#handover', 'href'));
    await mobile.waitForSelector('#passkey', { state: 'visible' });
    assert.equal(await mobile.locator('#approve').count(), 0, 'nobody has signed in yet');
    await touch();
    await mobile.click('#passkey');
    await mobile.waitForSelector('#approve');
    await touch(false);
    assert.equal(await mobile.textContent('main .row h2'), name);
    assert.match(await mobile.textContent('#kiosk'), /本市登记的自助机/);
    assert.equal(await mobile.textContent('#place'), '在昆明一带');
    assert.equal(await mobile.textContent('#near'), near);
    assert.match(await mobile.textContent('.plaque'), /养老金查询/);
    await suits(mobile);
    assert.equal(await screen.locator('#handover').count(), 1, 'the kiosk waits for the answer');

    await mobile.fill('#number', await screen.textContent('#number'));
    await mobile.click('#approve');
    await mobile.waitForSelector('#told');
    assert.equal(await mobile.textContent('h1'), '同意了');
    await screen.waitForSelector('#allow');
    await allow(screen, first);

    // It is a kiosk's session: the phone sees it by its name, and the screen saver ends it.
    await mobile.click('#to-account');
    assert.ok((await mobile.textContent('#devices')).includes(name));
    await screen.goto(`${city.provider}/kiosk/rest`);
    await screen.waitForSelector('#begin');
    assert.ok(await isSignedOut(screen, first), 'the department has been told');
  });
}

test('what is no kiosk is not called one', async (t) => {
  const { page: mobile, touch } = await phone(t, '13800000313', nextDoor);
  const screen = await (await visitor(city, t, at(hall, { width: 1280, height: 800 }))).newPage();
  await screen.goto(first);
  await screen.click('#sign-in');
  await screen.click('#by-phone');
  await mobile.goto(await screen.getAttribute('#handover', 'href'));
  await mobile.waitForSelector('#passkey', { state: 'visible' });
  await touch();
  await mobile.click('#passkey');
  await mobile.waitForSelector('#approve');
  assert.equal(await mobile.locator('#kiosk').count(), 0);
  assert.equal(await mobile.textContent('#place'), '在昆明一带');
});
