// Two people and one number: staff at the desk decide whose it is, and both of them see it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { advance, command, enter, signIn, start, visitor } from './demo.mjs';

const phone = '13800000551';
const file = 'W3-0042';

/** Who had the number, with a passkey besides, and who has it now and says that the account is not theirs. */
async function dispute(demo, t) {
  const { page: claimant, touch } = await withAuthenticator(demo, t);
  await signIn(demo, claimant, demo.departments[0], phone);
  await claimant.goto(`${demo.provider}/account/passkeys`);
  await touch();
  await claimant.click('#passkey');
  await claimant.waitForSelector('#methods button[name=passkey]');
  await touch(false);
  await advance(demo, '90d');
  const holder = await (await visitor(demo, t)).newPage();
  await enter(demo, holder, phone);
  await holder.click('#new');
  await holder.waitForSelector('#methods');
  const returns = async () => {
    await claimant.goto(`${demo.provider}/account`);
    await claimant.waitForSelector('#passkey', { state: 'visible' });
    await touch();
    await claimant.click('#passkey');
    await claimant.waitForSelector('#methods');
    await touch(false);
  };
  return { claimant, holder, returns };
}

/** Staff on duty, from the command line's link to the desk's decision; each is signed in by a passkey of their own. */
async function decide(demo, { page, touch }, ruling) {
  await page.goto(`${demo.provider}/admin/sign-in`);
  await touch();
  await page.click('#passkey');
  const disputes = page.locator('#disputes details.claim');
  await disputes.locator('summary').click();
  assert.match(await disputes.textContent(), /138 \*{4} 0551/);
  // Without a file's number the page does not let it go.
  await disputes.locator(`button[value=${ruling}]`).click();
  assert.equal(await disputes.locator('input[name=file]').evaluate((field) => field.validity.valueMissing), true);
  await disputes.locator('input[name=file]').fill(file);
  await disputes.locator(`button[value=${ruling}]`).click();
  await page.waitForSelector('#told:not(.err)');
  assert.equal(await disputes.count(), 0, 'decided');
}

/** What a decision says in the activity of whoever gets the number, and of whoever does not. */
async function reads(demo, page, words, isTheirs) {
  await page.goto(`${demo.provider}/account`);
  await page.waitForSelector('#methods');
  const activity = await page.textContent('#activity');
  assert.ok(activity.includes(words) && activity.includes(file), `${words}: ${activity}`);
  assert.equal((await page.textContent('#methods')).includes('138 **** 0551'), isTheirs, words);
}

for (const [ruling, winner, loser] of [['claimant', 'claimant', 'holder'], ['holder', 'holder', 'claimant']]) {
  test(`staff decide for the ${ruling}, and both see it`, async (t) => {
    const demo = await start();
    t.after(demo.stop);
    const staff = await withAuthenticator(demo, t);
    await staff.page.goto((await command(demo, 'admin', 'add', '三号窗口-王')).link);
    await staff.touch();
    await staff.page.click('#passkey');
    await staff.page.waitForSelector('form[data-passkey=get] #passkey');
    await staff.touch(false);

    const people = await dispute(demo, t);
    await decide(demo, staff, ruling);
    await people.returns();
    await reads(demo, people[winner], '决定号码归您', true);
    await reads(demo, people[loser], '决定号码归别人', false);
    if (ruling === 'claimant') {
      // Whoever still has the telephone is asked again whose the account is; in its own browser a code opens it.
      await advance(demo, '2m');
      const anywhere = await (await visitor(demo, t)).newPage();
      await enter(demo, anywhere, phone);
      await anywhere.waitForSelector('#new');
    }
    await advance(demo, '2m');
    await people[winner].click('#sign-out');
    await enter(demo, people[winner], phone);
    await people[winner].waitForSelector('#methods');
    assert.match(await people[winner].textContent('#activity'), /决定号码归您/);
  });
}
