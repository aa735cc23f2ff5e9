// Provider and departments on different hosts, as in a real city: what one host's pages and cookies may do to another.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { startCity } from './city.mjs';
import { visitor } from './demo.mjs';

const cities = [
  { https: true, hosts: ['id.city.localhost', 'hrss.city.localhost', 'scjg.county.localhost'] },
  { https: false, hosts: ['localhost', 'hrss.localhost', 'scjg.localhost'] },
];

for (const plan of cities) {
  describe(`${plan.https ? 'https' : 'http'}: ${plan.hosts.join(', ')}`, () => {
    let city;

    before(async () => {
      city = await startCity(plan);
    });

    after(() => city?.stop());

    for (const javaScriptEnabled of [true, false]) {
      const phone = javaScriptEnabled ? '13800000041' : '13800000042';
      test(`the consent form leads on to the other host, scripts ${javaScriptEnabled ? 'on' : 'off'}`, async (t) => {
        const context = await visitor(city, t, { javaScriptEnabled });
        const page = await context.newPage();
        const heard = [];
        page.on('pageerror', (fault) => heard.push(String(fault)));
        page.on('console', (line) => {
          if (['error', 'warning'].includes(line.type())) heard.push(line.text());
        });
        const policies = new Map();
        page.on('response', async (answer) => {
          if (answer.request().resourceType() !== 'document') return;
          policies.set(answer.url(), (await answer.allHeaders())['content-security-policy'] ?? '');
        });
        const [first, second] = city.departments;

        await page.goto(first);
        await page.click('#sign-in');
        await page.fill('#phone', phone);
        await page.click('#send-code');
        await page.waitForSelector('#code');
        await page.fill('#code', city.codes.get(`+86${phone}`));
        await page.click('#verify');
        await page.waitForSelector('#allow');
        const allowed = policies.get(page.url()).match(/form-action ([^;]*)/)[1].split(' ');
        assert.deepEqual(allowed, ["'self'", first], 'this one host and no other');
        await page.click('#allow');
        await page.waitForSelector('#sign-out');
        assert.equal(new URL(page.url()).origin, first);

        await page.goto(second);
        await page.click('#sign-in');
        await page.click('#deny');
        await page.waitForSelector('#again');
        assert.equal(new URL(page.url()).origin, second, 'a refusal is told there too');
        await page.click('#again');
        await page.click('#allow');
        await page.waitForSelector('#sign-out');
        assert.equal(new URL(page.url()).origin, second);

        const cookies = await context.cookies();
        for (const host of plan.hosts) assert.ok(cookies.some(({ domain }) => domain === host), `a cookie of ${host}`);
        for (const { name, domain, secure, httpOnly, sameSite, path } of cookies) {
          const plain = { secure, httpOnly, sameSite, path };
          const wanted = { secure: plan.https, httpOnly: true, sameSite: 'Lax', path: '/' };
          assert.deepEqual(plain, wanted, `${name} of ${domain}`);
          assert.equal(name.startsWith('__Host-'), plan.https, name);
        }

        // Signing out is a form of the department's that ends in a redirect to the provider and back.
        await page.click('#sign-out');
        await page.waitForSelector('#sign-in');
        assert.equal(new URL(page.url()).origin, second);
        // The browser remarks on the refusal's own page, which is a 403.
        const refusal = /^Failed to load resource: the server responded with a status of 403 /;
        assert.deepEqual(heard.filter((line) => !refusal.test(line)), []);
      });
    }
  });
}

test('one passkey, made at one address of the city, signs in at another of its names', async (t) => {
  const city = await startCity({
    https: true, hosts: ['id.city.localhost', 'hrss.city.localhost', 'scjg.county.localhost'], others: ['id.county.localhost'],
  });
  t.after(city.stop);
  const { page, touch } = await withAuthenticator(city, t);
  const proveNumber = async (phone) => {
    await page.fill('#phone', phone);
    await page.click('#send-code');
    await page.waitForSelector('#code');
    await page.fill('#code', city.codes.get(`+86${phone}`));
    await page.click('#verify');
  };
  await page.goto(`${city.provider}/account`);
  await proveNumber('13800000043');
  await page.click('#add-passkey');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
  await touch(false);

  const [there] = city.elsewhere;
  const here = () => new URL(page.url()).origin;
  // The browser asks the first address whether the other is one of its own (WebAuthn Level 3 §5.11), and autofill answers.
  await touch();
  await page.goto(`${there}/account`, { waitUntil: 'commit' });
  await page.waitForSelector('#methods button[name=passkey]');
  assert.equal(here(), there);
  assert.match(await page.textContent('#methods'), /0043/);
  // Each address has its own session, and its own forms.
  await page.click('#sign-out');
  await page.waitForSelector('#methods', { state: 'detached' });
  assert.equal(here(), there);
  await touch(false);
  await page.goto(`${city.provider}/account`);
  await page.waitForSelector('#methods');
  await page.goto(`${there}/account`);
  await proveNumber('13800000044');
  await page.click('#add-passkey');
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('#methods button[name=passkey]');
  assert.equal(here(), there, 'made there, for the same city');
});
