// What somebody else has begun with an account (its number moved, the account merged) is stopped by its owner, from the
// notice's link or on the account page. Of a deletion leaving.test.mjs shows it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
import { advance, command, enter, notice, proveNumber, start, visitor } from './demo.mjs';

/** Residents of the demo, whom the authority knows, with their numbers. */
const [sanfeng, xiuying] = [['张三丰', '13800000001'], ['李秀英', '13800000002']];
const mine = '13800000861';

/** A demo of one's own: a link from the command line is good by the machine's clock alone. */
async function own(t) {
  const demo = await start();
  t.after(demo.stop);
  return demo;
}

const identity = (demo, name) => demo.people.find((person) => person.name === name);

/** Somebody on their account page, in a browser of their own. */
async function at(demo, t, phone) {
  const page = await (await visitor(demo, t)).newPage();
  await enter(demo, page, phone);
  await page.waitForSelector('#methods');
  return page;
}

/** How an owner says no, and is on the account page then. */
const ways = {
  async 'on the account page'({ demo, owner, phone, warning, button }) {
    await enter(demo, owner, phone);
    await owner.waitForSelector(warning);
    await suits(owner);
    await owner.click(button);
    await owner.waitForSelector('[role=status]');
    assert.match(await owner.textContent('[role=status]'), /已拦下/);
  },
  async "by the notice's link"({ demo, t, owner, phone, words }) {
    const telephone = await (await visitor(demo, t)).newPage();
    await telephone.goto(await notice(demo, phone, words));
    assert.ok((await telephone.textContent('#what')).includes(words));
    await telephone.click('#lock');
    await telephone.waitForSelector('#outcome');
    await enter(demo, owner, phone);
    await owner.waitForSelector('#methods');
  },
};

/** Staff with a passkey of theirs, who sign in when they are needed. */
async function window(demo, t) {
  const { page, touch } = await withAuthenticator(demo, t);
  await page.goto((await command(demo, 'admin', 'add', '六号窗口-钱')).link);
  await touch();
  await page.click('#passkey');
  await page.waitForSelector('form[data-passkey=get] #passkey');
  await touch(false);
  return async ([name, phone]) => {
    await page.goto(`${demo.provider}/admin/sign-in`);
    await touch();
    await page.click('#passkey');
    await page.click('#code summary');
    const { number } = identity(demo, name);
    for (const [field, value] of Object.entries({ phone, name, number, file: 'W6-0007' })) {
      await page.fill(`#c-${field}`, value);
    }
    for (const box of await page.locator('#code input[type=checkbox]').all()) await box.check();
    await page.click('#give-code');
    return page.textContent('#window-code');
  };
}

/** Somebody at the window has passed for the owner, and types the code with a number of their own. */
async function move(demo, t, code) {
  const thief = await at(demo, t, mine);
  await thief.click('#recover');
  await thief.fill('#code', code);
  await thief.click('#recover');
  await thief.waitForSelector('#moving');
  return thief;
}

for (const [name, stop] of Object.entries(ways)) {
  test(`a number that is to move stays: its owner stops it ${name}`, async (t) => {
    const demo = await own(t);
    const [giveCode, owner] = [await window(demo, t), await at(demo, t, sanfeng[1])];
    // A lock forgets the browsers of the last eight days, and the owner's is older.
    await advance(demo, '9d');
    const thief = await move(demo, t, await giveCode(sanfeng));
    await stop({
      demo, t, owner, phone: sanfeng[1],
      warning: '#moving', button: '#stop-move', words: '要用新手机号替换您账户里的号码',
    });
    assert.equal(await owner.locator('#moving').count(), 0);

    await advance(demo, '73h');
    await enter(demo, owner, sanfeng[1]);
    await owner.waitForSelector('#methods');
    assert.equal(await owner.textContent('h1'), sanfeng[0]);
    assert.doesNotMatch(await owner.textContent('#methods'), /0861/);
    await enter(demo, thief, mine);
    await thief.waitForSelector('#methods');
    assert.match(await thief.textContent('h1'), /0861/, 'the other number opens what it opened before');
  });

  test(`an account that is to close into another stays: its owner stops it ${name}`, async (t) => {
    const demo = await own(t);
    const owner = await at(demo, t, mine);
    await advance(demo, '9d');
    // Somebody with the owner's code signs in elsewhere, gives their own name, and has both accounts made theirs.
    const thief = await at(demo, t, mine);
    await thief.click('#prove-name');
    await thief.fill('#name', xiuying[0]);
    await thief.fill('#number', identity(demo, xiuying[0]).number);
    await thief.click('#prove');
    await thief.click('#merge');
    await proveNumber(demo, thief, xiuying[1]);
    await thief.waitForSelector('#confirm');
    await suits(thief);
    await thief.click('#confirm');
    await thief.waitForSelector('#merging');
    await suits(thief);
    await advance(demo, '2m');
    await stop({
      demo, t, owner, phone: mine,
      warning: '#merging', button: '#stop-merging', words: '有人申请把您的账户和另一个账户合并',
    });
    assert.equal(await owner.locator('#merging').count(), 0);

    await advance(demo, '73h');
    await enter(demo, owner, mine);
    await owner.waitForSelector('#methods');
    assert.match(await owner.textContent('h1'), /0861/);
    await enter(demo, thief, xiuying[1]);
    await thief.waitForSelector('#methods');
    assert.doesNotMatch(await thief.textContent('#methods'), /0861/);
  });
}
