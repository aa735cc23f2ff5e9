// Nobody hands in again what the city knows: business registration asks for a record that social security holds, once,
// and the resident decides, sees each use, and takes it back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { suits } from './axe.mjs';
import { advance, allow, editions, prove, signIn, start, visitor } from './demo.mjs';

let demo, social, registration;

before(async () => {
  demo = await start();
  [social, registration] = demo.departments;
});

after(() => demo?.stop());

const readings = [
  { locale: 'zh-CN', asker: '云川市市场监督管理局', holder: '云川市人力资源和社会保障局', record: '社保缴费记录',
    purpose: '审核创业补贴', source: /来自云川市人力资源和社会保障局.*经您同意/, did: /企业登记经您同意，取得了.*社保缴费记录/, times: '次' },
  { locale: 'en-GB', asker: 'Yunchuan Market Regulation Bureau', holder: 'Yunchuan Social Security Bureau',
    record: 'Social-security contribution record', purpose: 'to check your start-up subsidy',
    source: /From the Yunchuan Social Security Bureau.*as you allowed/,
    did: /Business registration got, as you allowed: Social-security contribution record/, times: 'times' },
];

/** The words of a part of the page, on one line. */
async function words(page, selector) {
  return (await page.locator(selector).innerText()).replace(/\s+/g, ' ');
}

/** From the registration's button to the question for the record, of somebody whom social security knows. */
async function asked(page, phone) {
  await signIn(demo, page, social, phone);
  await page.goto(registration);
  await page.click('#use-record');
  await page.waitForSelector('#allow');
}

for (const [at, words_of] of readings.entries()) {
  test(`a record is asked for once, read, shown, and taken back, ${words_of.locale}`, async (t) => {
    const context = await visitor(demo, t, { locale: words_of.locale });
    const page = await context.newPage();
    await asked(page, `1380000040${at}`);
    const question = await words(page, 'main');
    for (const part of ['asker', 'holder', 'record', 'purpose']) {
      assert.ok(question.includes(words_of[part]), `${part}: ${question}`);
    }
    assert.match(await words(page, '.claim:has-text("' + words_of.record + '")'), /20\d\d/, 'until when');
    await suits(page);
    await page.click('#allow');
    await page.waitForSelector('#record');
    assert.equal(page.url(), `${registration}/subsidy`);
    assert.match(await words(page, '#source'), words_of.source);
    assert.match(await words(page, '#months'), /\d/);
    await suits(page);

    // The same page again: nobody is asked, and it is the same use.
    await page.reload();
    await page.waitForSelector('#record');
    await advance(demo, '61s');
    await page.reload();
    await page.waitForSelector('#record');
    // When the department's own token has ended, it goes round by the provider, and still nobody is asked.
    await advance(demo, '16m');
    await page.goto(`${registration}/subsidy`);
    await page.waitForSelector('#record');

    await page.goto(`${demo.provider}/account`);
    assert.equal(await page.textContent('#spared-times'), '3');
    const spared = await words(page, '#spared');
    assert.ok(spared.includes(words_of.record) && spared.includes(words_of.holder), spared);
    assert.ok(spared.includes(`3 ${words_of.times}`), spared);
    assert.match(await words(page, '#activity'), words_of.did);

    await page.locator('#services details').evaluateAll((all) => all.forEach((one) => { one.open = true; }));
    await page.click(`#services li li:has-text("${words_of.record}") button`);
    await page.click('#confirm');
    await page.waitForSelector('[role=status]');
    // What was fetched a moment ago serves for the rest of its minute.
    await advance(demo, '61s');
    await page.goto(`${registration}/subsidy`);
    await page.waitForSelector('#allow');
    assert.ok((await words(page, 'main')).includes(words_of.record), 'asked again');
    await page.click('#allow');
    await page.waitForSelector('#record');
    await page.goto(`${demo.provider}/account`);
    assert.equal(await page.textContent('#spared-times'), '4');
  });
}

for (const { name, locale, display } of editions) {
  test(`who would rather not hands it in themselves, ${name}`, async (t) => {
    const context = await visitor(demo, t, { locale, javaScriptEnabled: name !== 'standard' });
    const page = await context.newPage();
    await page.goto(`${demo.provider}/display?${display}&back=/privacy`);
    await signIn(demo, page, social, `1380000041${editions.findIndex((one) => one.name === name)}`);
    await page.goto(registration);
    await page.click('#sign-in');
    await page.waitForSelector('#allow');
    await allow(page, registration);
    await page.goto(registration);
    await page.click('#use-record');
    await page.waitForSelector('#deny');
    // Of one who is signed in there, the record alone is asked for.
    assert.equal(await page.locator('.claim').count(), 1);
    await page.click('#deny');
    await page.waitForSelector('#by-hand');
    assert.equal(page.url(), `${registration}/subsidy`);
    assert.equal(await page.locator('#sign-out').count(), 1, 'still signed in');
    if (name !== 'standard') await suits(page);
    await page.fill('#months', 'many');
    await page.click('#say');
    await page.waitForSelector('#months-error');
    await page.fill('#months', '14');
    await page.click('#say');
    await page.waitForSelector('#said');
    assert.match(await words(page, '#said'), /14/);
    // They are not asked again by themselves, and may change their mind.
    await page.goto(`${registration}/subsidy`);
    await page.click('#ask');
    await page.click('#allow');
    await page.waitForSelector('#record');
    await page.goto(`${demo.provider}/account`);
    assert.equal(await page.textContent('#spared-times'), '1');
  });
}

test('one question on the way in, of somebody whom social security does not know', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(`${registration}/subsidy`);
  await prove(demo, page, '13800000420');
  const question = await words(page, 'main');
  assert.ok(question.includes('姓名') && question.includes('社保缴费记录'), question);
  await page.click('#allow');
  await page.waitForSelector('#unknown');
  await suits(page);
  await page.click('#unknown .btn');
  await page.click('#sign-in');
  await page.click('#allow');
  await page.waitForSelector('#sign-out');
  await page.goto(`${registration}/subsidy`);
  await page.waitForSelector('#record');
});

test('who says no on the way in may sign in without it', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(`${registration}/subsidy`);
  await prove(demo, page, '13800000421');
  await page.click('#deny');
  await page.waitForSelector('#without');
  await suits(page);
  assert.equal(await page.locator('#trace-id').count(), 0);
  await page.click('#without');
  await page.waitForSelector('#allow');
  assert.ok(!(await words(page, 'main')).includes('社保缴费记录'));
  await page.click('#allow');
  await page.waitForSelector('#by-hand');
});

test('the whole service taken back: the next visit asks for all of it', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await asked(page, '13800000422');
  await page.click('#allow');
  await page.waitForSelector('#record');
  await page.goto(`${demo.provider}/account`);
  await page.locator('#services > ul > li', { hasText: '企业登记' }).locator('button[value=all]').click();
  await page.click('#confirm');
  await page.waitForSelector('[role=status]');
  await advance(demo, '61s');
  await page.goto(`${registration}/subsidy`);
  await page.waitForSelector('#allow');
  const question = await words(page, 'main');
  assert.ok(question.includes('姓名') && question.includes('社保缴费记录'), question);
});
