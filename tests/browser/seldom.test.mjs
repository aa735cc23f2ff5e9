// Residents' pages that most of them never see: numbers added and moved, two accounts of one person, a department's sign-out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { suits } from './axe.mjs';
import { advance, code, command, editions, enter, proveNumber, start, visitor } from './demo.mjs';
import { picture } from './pictures.mjs';

let demo;

before(async () => {
  demo = await start();
  await command(demo, 'client', 'add', '--id', 'archive', '--name', '档案查询', '--department', '档案馆',
    '--redirect-uri', 'https://archive.example/callback', '--scope', 'openid');
});

after(() => demo?.stop());

for (const [at, edition] of editions.entries()) {
  test(`pages seldom seen, ${edition.name}`, async (t) => {
    const context = await visitor(demo, t, { locale: edition.locale, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const [phone, second, third] = [1, 2, 3].map((step) => `138000005${20 + 3 * at + step}`);
    /** The template is named where it is to be shown. */
    const look = (name, sign, template) => t.test(name, async () => {
      await page.waitForSelector(sign);
      await suits(page);
      if (template) await picture(page, template);
      await page.setViewportSize({ width: 390, height: 844 });
    });
    /** Types something wrong, and looks at what the page says of it. */
    const mistype = async (field, wrong, button, fault) => {
      await page.fill(field, wrong);
      await page.click(button);
      await look(`mistyped: ${new URL(page.url()).pathname}`, fault);
    };

    await page.goto(`${demo.provider}/display?${edition.display}&back=/privacy`);
    for (const level of [1, 2, 3, 4]) {
      await page.goto(`${demo.provider}/acr/${level}`);
      await look(`the meaning of level ${level}`, 'main.prose h1', level === 3 ? 'meaning.html' : undefined);
    }

    await enter(demo, page, phone);
    await page.click('#add-phone');
    await look('another number', '#send-code', 'portal/new_phone.html');
    await mistype('#phone', '12', '#send-code', '#phone-error');
    await page.fill('#phone', second);
    await page.click('#send-code');
    await look("the other number's code", '#verify', 'portal/new_phone_code.html');
    const right = await code(demo, second);
    await mistype('#code', right === '000000' ? '000001' : '000000', '#verify', '#code-error');
    await page.fill('#code', right);
    await page.click('#verify');
    await look('two numbers', '#methods li:nth-child(2)');
    await page.goto(`${demo.provider}/account/passkeys`);
    await look('a passkey to be made', 'form[data-passkey=create]');
    // What is younger than the days in which its owner may say no goes at once.
    await advance(demo, '4d');
    await enter(demo, page, phone);
    await page.locator('#methods form[action="/account/phones/remove"] button').first().click();
    await look('whether a number is to go', '#confirm');
    await page.click('#confirm');
    await look('a number on its way out', '#methods form[action="/account/phones/keep"]');
    await page.goto(`${demo.provider}/account/recover`);
    await look('a number that is lost', '#recover', 'portal/recover.html');
    await mistype('#code', '0000 0000 0000', '#recover', '#code-error');

    await page.goto(`${demo.provider}/oauth2/logout`);
    await look('signing out for nobody', '#stay');
    await page.goto(`${demo.provider}/oauth2/logout?client_id=archive`);
    await look('signing out for a department', '#stay', 'oidc/logout.html');

    // The answer to a department is on its way at once; here the department takes no notice, and the page stays.
    await page.route('https://archive.example/callback', (route) => route.fulfill({ status: 204 }));
    const request = new URLSearchParams({
      client_id: 'archive',
      redirect_uri: 'https://archive.example/callback',
      response_type: 'code',
      response_mode: 'form_post',
      scope: 'openid',
      state: 'somewhere',
      nonce: 'once',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await page.goto(`${demo.provider}/oauth2/authorize?${request}`);
    const posted = page.waitForRequest('https://archive.example/callback');
    await page.click('#allow');
    assert.match((await posted).postData(), /code=.*state=somewhere/s);
    await look('an answer on its way', '#continue', 'oidc/form_post.html');

    await twoAccounts(page, third, look);
  });
}

/** Somebody whom the city knows already proves their name in an account of a new number. */
async function proveTwice(page, phone, name) {
  const known = demo.people.find((person) => person.name === name);
  await page.context().clearCookies({ name: /session/ });
  await enter(demo, page, phone);
  await page.click('#prove-name');
  await page.fill('#name', known.name);
  await page.fill('#number', known.number);
  await page.click('#prove');
}

async function twoAccounts(page, phone, look) {
  await proveTwice(page, phone, '张三丰');
  await look('an account there is already', '#merge');
  await page.click('#merge');
  await look('to the account that stays', '#phone');
  await advance(demo, '61s');
  await proveNumber(demo, page, phone);
  await look('signed in to neither of the two', '#told', 'portal/merge_outcome.html');
  await page.goto(`${demo.provider}/account`);
  await page.click('#sign-out');
  await page.goto(`${demo.provider}/account/merge`);
  await advance(demo, '61s');
  await proveNumber(demo, page, '13800000001');
  await look('whether to merge', '#confirm');
  await page.click('#cancel');
  await page.waitForSelector('#methods');
  await page.context().clearCookies({ name: /merging/ });
  await page.goto(`${demo.provider}/account/merge`);
  await look('a merging that is over', '#told');
}

test('two accounts of one person become one, once both have agreed', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await proveTwice(page, '13800000540', '李秀英');
  await page.click('#merge');
  await proveNumber(demo, page, '13800000002');
  await page.click('#confirm');
  await page.waitForSelector('[role=status]');
  assert.equal(await page.textContent('h1'), '李秀英');
  assert.match(await page.textContent('#methods'), /0540/);
});
