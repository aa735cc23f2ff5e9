// Pages that a person sees seldom: whose account it is, a notice, everything held, leaving and coming back, a kiosk's letters.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from './axe.mjs';
import { advance, command, enter, notice, start, visitor } from './demo.mjs';
import { picture } from './pictures.mjs';

const grant = 'urn:ietf:params:oauth:grant-type:device_code';

let demo;

before(async () => {
  demo = await start();
  await command(demo, 'client', 'add', '--id', 'hall', '--name', '自助办事机', '--department', '社保大厅',
    '--auth-method', 'none', '--grant-type', grant, '--scope', 'openid profile');
});

after(() => demo?.stop());

let people = 0;

for (const locale of ['zh-CN', 'en']) {
  for (const width of [390, 1280]) {
    for (const elder of [false, true]) {
      test(`no page has a fault that axe knows: ${locale}, ${width} px, elder ${elder}`, async (t) => {
        const phone = `138000004${String((people += 1)).padStart(2, '0')}`;
        const open = async () => (await visitor(demo, t, { locale, viewport: { width, height: 800 } })).newPage();
        const seen = [];
        const look = async (page, sign, template) => {
          await page.waitForSelector(sign);
          const isElder = await page.evaluate(() => document.documentElement.classList.contains('elder'));
          if (isElder !== elder) await page.click('.elder-switch');
          await page.waitForSelector(sign);
          for (const fault of await violations(page)) seen.push(`${sign}: ${JSON.stringify(fault)}`);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (overflow > 0) seen.push(`${sign}: ${overflow} px too wide`);
          if (template) await picture(page, template);
        };

        const begun = await (await fetch(`${demo.provider}/oauth2/device_authorization`, {
          method: 'POST',
          body: new URLSearchParams({ client_id: 'hall', scope: 'openid' }),
        })).json();
        const first = await open();
        await first.goto(begun.verification_uri_complete);
        await look(first, '#find-device', 'oidc/device.html');
        await first.click('#find-device');
        await look(first, '#go-on', 'oidc/device_confirm.html');
        await first.click('#refuse');
        await look(first, '#told', 'oidc/device_told.html');

        await enter(demo, first, phone);
        await first.waitForSelector('#methods');
        await advance(demo, '90d');
        const second = await open();
        await enter(demo, second, phone);
        await look(second, '#new', 'signin/whose.html');
        await advance(demo, '2m');
        await enter(demo, first, phone);
        await first.waitForSelector('#methods');
        await advance(demo, '25h');
        await enter(demo, second, phone);
        await second.waitForSelector('#methods');

        await first.goto(await notice(demo, phone));
        await look(first, '#lock', 'portal/notice.html');
        await first.click('#lock');
        await look(first, '#outcome', 'portal/notice_outcome.html');
        await advance(demo, '2m');
        await enter(demo, first, phone, '/account/export');
        await look(first, '#download', 'portal/export.html');
        await first.goto(`${demo.provider}/account/leave`);
        await look(first, '#confirm');
        await first.click('#confirm');
        await first.waitForSelector('main a.btn');
        await advance(demo, '2m');
        await enter(demo, first, phone);
        await look(first, '#stay', 'signin/stay.html');
        await first.click('#stay');
        await first.waitForSelector('#methods');
        assert.deepEqual(seen, []);
      });
    }
  }
}
