// A number that is another person's by now: they are proven, leave the account to its owner, and wait for one of their own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { suits } from './axe.mjs';
import { advance, editions, enter, notice, start, visitor } from './demo.mjs';

let demo;

before(async () => {
  demo = await start();
});

after(() => demo?.stop());

const matching = (at) => demo.people.filter((one) => one.outcome === 'matches')[at];

async function prove(page, { name, number }) {
  await page.goto(`${demo.provider}/account/identity`);
  await page.fill('#name', name);
  await page.fill('#number', number);
  await page.click('#prove');
}

for (const [at, edition] of editions.entries()) {
  test(`somebody else's account under one's own number, ${edition.name}`, async (t) => {
    const phone = `1380000077${at}`;
    const open = async () => {
      const page = await (await visitor(demo, t, { locale: edition.locale })).newPage();
      await page.goto(`${demo.provider}/display?${edition.display}&back=/privacy`);
      return page;
    };
    const [owner, heir] = [await open(), await open()];
    await enter(demo, owner, phone);
    await prove(owner, matching(at));
    await owner.waitForSelector('#methods');
    await advance(demo, '2m');
    await enter(demo, heir, phone);
    await heir.waitForSelector('#methods');
    await prove(heir, matching(3));
    await heir.waitForSelector('#not-mine');
    await suits(heir);
    await heir.click('#not-mine');
    await heir.waitForSelector('#phone');
    await advance(demo, '2m');
    await enter(demo, heir, phone);
    await heir.waitForSelector('#new');
    await heir.click('#new');
    await heir.waitForSelector('#new-later');
    await suits(heir);
    await notice(demo, phone, edition.name === 'English' ? 'wants your number' : '想用您的手机号');
    await advance(demo, '72h');
    await enter(demo, heir, phone);
    await heir.click('#new');
    await heir.waitForSelector('#methods');
    assert.equal(await heir.locator('#identity').getByText(matching(at).name).count(), 0);
  });
}
