// The pages of staff at a window, and of a kiosk's browser.
import { test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
import { advance, command, editions, enter, proveNumber, start, visitor } from './demo.mjs';
import { picture } from './pictures.mjs';

/** A demo for one test: links and addresses from the command line are good by the machine's clock alone. */
async function own(t) {
  const demo = await start();
  t.after(demo.stop);
  return demo;
}

/** Looks at a page once its sign is there; the template is named where it is to be shown. */
function looker(t, page) {
  return (name, sign, template) => t.test(name, async () => {
    await page.waitForSelector(sign);
    await suits(page);
    if (template) await picture(page, template);
    await page.setViewportSize({ width: 390, height: 844 });
  });
}

/** Whoever has lost the number types the window's code, signed in with a new one; after days that one opens the account. */
async function recovers(demo, t, phone, code) {
  const page = await (await visitor(demo, t)).newPage();
  await enter(demo, page, phone);
  await page.click('#recover');
  await page.fill('#code', code);
  await page.click('#recover');
  await page.waitForSelector('[role=status]');
  await advance(demo, '73h');
  await page.goto(`${demo.provider}/account`);
  await proveNumber(demo, page, phone);
  await page.getByText('新号码替换了丢了的号码').waitFor();
}

/** Somebody at the window, as a form of the desk asks: `identity` or `code`. */
async function fillIn(page, form, phone, { name, number }) {
  const start = form[0];
  await page.click(`#${form} summary`);
  await page.fill(`#${start}-phone`, phone);
  await page.fill(`#${start}-name`, name);
  await page.fill(`#${start}-number`, number);
  await page.fill(`#${start}-file`, 'W3-0042');
  for (const box of await page.locator(`#${form} input[type=checkbox]`).all()) await box.check();
}

for (const edition of editions) {
  test(`staff at a window, ${edition.name}`, async (t) => {
    const demo = await own(t);
    const phone = '13800000541';
    const known = demo.people.find(({ outcome }) => outcome === 'matches');
    const { page, touch } = await withAuthenticator(demo, t, {}, { locale: edition.locale });
    const look = looker(t, page);
    await page.goto(`${demo.provider}/display?${edition.display}&back=/privacy`);
    await page.goto((await command(demo, 'admin', 'add', '三号窗口-王')).link);
    await look('a passkey to be made', 'form[data-passkey=create] #passkey', 'admin/enrol.html');
    await touch();
    await page.click('#passkey');
    await look('the sign-in of staff', 'form[data-passkey=get] #passkey', 'admin/sign_in.html');

    // Whoever has the number now says that the account is not theirs: the window may decide.
    const [earlier, holder] = [await visitor(demo, t), await visitor(demo, t)];
    await enter(demo, await earlier.newPage(), phone);
    await advance(demo, '90d');
    const holding = await holder.newPage();
    await enter(demo, holding, phone);
    await holding.click('#new');
    await holding.waitForSelector('#methods');

    await page.goto(`${demo.provider}/admin/sign-in`);
    await page.click('#passkey');
    await look('the desk', '#disputes details');
    for (const form of ['identity', 'code', 'disputes']) await page.click(`#${form} summary`);
    await look('the desk, everything open', '#disputes button[value=claimant]', 'admin/desk.html');
    await page.goto(`${demo.provider}/admin`);
    await fillIn(page, 'identity', phone, known);
    await page.click('#confirm-person');
    await look('a person confirmed', '#told:not(.err)');
    await fillIn(page, 'code', phone, known);
    await page.click('#give-code');
    await look('a code given', '#window-code');
    const given = await page.textContent('#window-code');
    await fillIn(page, 'code', '13800000599', known);
    await page.click('#give-code');
    await look('a code refused', '#told.err');
    await recovers(demo, t, '13800000542', given);
  });

  test(`a kiosk's browser, ${edition.name}`, async (t) => {
    const demo = await own(t);
    const context = await visitor(demo, t, { locale: edition.locale, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const look = looker(t, page);
    const speak = (back) => page.goto(`${demo.provider}/display?${edition.display}&back=${back}`);
    await speak('/kiosk/rest');
    await look('no kiosk', '#told');
    const { open } = await command(demo, 'kiosk', 'add', '市民中心一楼3号机');
    await page.goto(open);
    await look('a browser to be made one', '#enrol', 'signin/kiosk_enrol.html');
    await page.click('#enrol');
    await look('a kiosk made', '#told');
    await speak('/kiosk/rest');
    await look('a kiosk at rest', '#begin', 'signin/kiosk_rest.html');
    await speak('/privacy');
    await page.goto(open);
    await look('an address that is used', '#told');
  });
}
