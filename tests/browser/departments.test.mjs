// The pages on which the city's operators decide which departments may join.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
import { command, editions, start } from './demo.mjs';
import { picture } from './pictures.mjs';

for (const edition of editions) {
  test(`who decides for the city, ${edition.name}`, async (t) => {
    const demo = await start();
    t.after(demo.stop);
    const { page, touch } = await withAuthenticator(demo, t, {}, { locale: edition.locale });
    const look = (name, sign, template) => t.test(name, async () => {
      await page.waitForSelector(sign);
      await suits(page);
      if (template) await picture(page, template);
      await page.setViewportSize({ width: 390, height: 844 });
    });
    await page.goto(`${demo.provider}/display?${edition.display}&back=/privacy`);
    await page.goto((await command(demo, 'admin', 'add', '市数据局-甲', '--role', 'city')).link);
    await page.waitForSelector('form[data-passkey=create] #passkey');
    await touch();
    await page.click('#passkey');
    await page.click('form[data-passkey=get] #passkey');
    await look('the list', '#departments', 'admin/departments.html');

    await page.click('#allow summary');
    await page.fill('#d-pattern', 'https://gjj.city.example');
    await page.fill('#d-name', '住房公积金提取');
    await page.fill('#d-organisation', '云川市住房公积金管理中心');
    await page.check('#d-phone');
    await page.fill('#d-why-phone', '通知您办理结果');
    await look('the list, with the form filled in', '#allow-department');
    await page.click('#allow-department');
    await look('a department that has just been allowed', '#suspend', 'admin/department.html');
    await page.click('#change summary');
    await look('its terms', '#d-name');
    assert.equal(await page.inputValue('#d-why-phone'), '通知您办理结果');
    await page.selectOption('#reason', 'maintenance');
    await page.click('#suspend');
    await look('a department that is suspended', '#resume');
    await page.click('#resume');
    await page.waitForSelector('#suspend');
  });
}
