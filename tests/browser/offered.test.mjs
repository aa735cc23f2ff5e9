// What the demo says that there is to try: each thing as its own words offer it.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { withAuthenticator } from './authenticator.mjs';
import { suits } from './axe.mjs';
import { advance, binary, enter, proveNumber, start, visitor } from './demo.mjs';

let demo;

before(async () => {
  demo = await start();
});

after(() => demo?.stop());

/** What a line for the shell prints. */
async function shell(line) {
  return (await promisify(execFile)('sh', ['-c', line])).stdout;
}

/** Says yes to a device's letters on a page that is signed in, or that signs in by this number. */
async function allowDevice(page, address, phone) {
  await page.goto(address);
  await page.click('#find-device');
  await page.click('#go-on');
  if (phone) await proveNumber(demo, page, phone);
  // Who has allowed it once is not asked again.
  await page.waitForSelector('#allow, #told');
  if (await page.locator('#allow').count()) await page.click('#allow');
  await page.waitForSelector('#told');
}

test('the kiosk: its address makes a browser the kiosk, once', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await page.goto(demo.kiosk.open);
  await page.getByText(demo.kiosk.name).first().waitFor();
  await page.click('#enrol');
  await page.waitForSelector('#told');
  await page.goto(`${demo.provider}/kiosk/rest`);
  await page.click('#begin');
  await page.waitForSelector('#phone');
  const late = await (await visitor(demo, t)).newPage();
  await late.goto(demo.kiosk.open);
  assert.equal(await late.locator('#enrol').count(), 0);
});

test('the screen: letters by one line for the shell, tokens by another, and the API that wants to be surer', async (t) => {
  const { begin, fetch, filings } = demo.screen;
  const registration = demo.departments[1];
  const { page, touch } = await withAuthenticator(demo, t);
  const ask = async (phone) => {
    const begun = JSON.parse(await shell(begin));
    await allowDevice(page, begun.verification_uri_complete, phone);
    const tokens = JSON.parse(await shell(fetch + begun.device_code));
    assert.ok(tokens.id_token);
    return shell(filings.replace('TOKEN', tokens.access_token));
  };
  assert.match(await shell(filings), /^HTTP\/1.1 401 .*www-authenticate: Bearer [^\n]*error="invalid_token"/is, 'no token at all');
  const refused = await ask('13800000801');
  assert.match(refused, /^HTTP\/1.1 401 /);
  assert.match(refused, /^www-authenticate: Bearer .*error="insufficient_user_authentication".*acr_values="[^"]*\/acr\/3"/im);

  await page.goto(registration);
  await page.click('#sign-in');
  await page.click('#allow');
  await page.fill('#name', '桂花糕点');
  await page.click('#apply');
  await page.click('a.sign');
  await touch();
  await page.click('#passkey');
  await page.click('[data-passkey=get] #passkey');
  const one = demo.people.find(({ outcome }) => outcome === 'matches');
  await page.fill('#name', one.name);
  await page.fill('#number', one.number);
  await page.click('#prove');
  await page.click('#sign-filing');
  await page.waitForSelector('#signed');
  const told = await ask();
  assert.match(told, /^HTTP\/1.1 200 /);
  const [filing] = JSON.parse(told.split('\r\n\r\n')[1]);
  assert.deepEqual([filing.name, filing.is_signed], ['云川桂花糕点有限公司', true]);
});

test('the terminal: the SDK shows letters, greets whom the phone lets in, and is there for the next', async (t) => {
  const { run } = demo.terminal;
  const [, words] = run.match(/^cargo run -p yimen-sdk --example device -- (.*)$/);
  const program = join(dirname(binary), 'examples', 'device');
  // Built already; what comes before it is cargo's.
  const terminal = spawn('sh', ['-c', `exec ${program} ${words}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => terminal.kill());
  const lines = createInterface({ input: terminal.stdout })[Symbol.asyncIterator]();
  const next = async (sign) => {
    for (;;) {
      const { value } = await lines.next();
      assert.notEqual(value, undefined, `no line says ${sign}`);
      const found = value.match(sign);
      if (found) return found[1];
    }
  };
  const page = await (await visitor(demo, t)).newPage();
  await allowDevice(page, await next(/(http\S+)/), '13800000003');
  assert.equal(await next(/您好，(.*)。/), 'Maria Rossi');
  terminal.stdin.write('\n');
  await next(/(http\S+)/);
});

test('two accounts: who is known already is offered to make them one', async (t) => {
  const page = await (await visitor(demo, t)).newPage();
  await enter(demo, page, '13800000005');
  await page.click('#prove-name');
  const known = demo.people.find(({ name }) => name === '李秀英');
  await page.fill('#name', known.name);
  await page.fill('#number', known.number);
  await page.click('#prove');
  await page.click('#merge');
  await proveNumber(demo, page, '13800000002');
  await page.click('#confirm');
  await page.waitForSelector('[role=status]');
  assert.equal(await page.textContent('h1'), known.name);
});

test('the window: its link makes a passkey, which opens the desk', async (t) => {
  const { page, touch } = await withAuthenticator(demo, t);
  await page.goto(demo.operator.link);
  await touch();
  await page.click('#passkey');
  await page.click('form[data-passkey=get] #passkey');
  await page.waitForSelector('#disputes');
  assert.equal(await page.textContent('h1'), demo.operator.name);
});

test('the number that was given away: it is asked whose the account is, whatever the browser', async (t) => {
  const owner = demo.people.find(({ name }) => name === '何晓梅');
  const page = await (await visitor(demo, t)).newPage();
  const isAsked = async () => {
    await page.waitForSelector('#new');
    await suits(page);
    assert.ok(!(await page.content()).includes(owner.name), 'nothing of the account is shown');
  };
  await enter(demo, page, demo.recycled);
  await isAsked();
  await page.click('#by-name summary');
  await page.fill('#name', owner.name);
  await page.fill('#number', owner.number);
  await page.click('#mine');
  await page.waitForSelector('#methods');
  assert.equal(await page.textContent('h1'), owner.name);

  // It is the owner's own browser now; the carrier's word counts for more.
  await advance(demo, '91d');
  await enter(demo, page, demo.recycled);
  await isAsked();
  await page.click('#new');
  await page.waitForSelector('#methods');
  assert.ok(!(await page.content()).includes(owner.name), 'an account of their own');

  // The carrier says nothing of another number, and silence alone asks nothing in a browser that is known.
  await page.context().clearCookies();
  await enter(demo, page, '13800000802');
  await page.waitForSelector('#methods');
  await advance(demo, '91d');
  await enter(demo, page, '13800000802');
  await page.waitForSelector('#methods');
});

test('days to wait: a line for the shell moves the time of the city and of its departments', async () => {
  const before = (await (await fetch(`${demo.provider}/dev/clock`)).json()).now;
  const { now } = JSON.parse(await shell(`${demo.clock}3d`));
  assert.ok(now - before >= 3 * 24 * 3600 * 1000, `${before}, ${now}`);
});

test('the counterparts are a process of their own, which ends with the demo however that ends', async (t) => {
  const own = await start();
  t.after(own.stop);
  const ours = new Set(await listeners(own.process.pid));
  const theirs = Number(new URL(own.authority).port);
  assert.ok(ours.has(Number(new URL(own.provider).port)) && !ours.has(theirs), [...ours].join(' '));
  assert.ok((await fetch(own.authority)).ok);
  own.process.kill('SIGKILL');
  await once(own.process, 'exit');
  for (const end = Date.now() + 5000; Date.now() < end; await sleep(50)) {
    if (!await fetch(own.authority).catch(() => undefined)) return;
  }
  assert.fail('the counterparts outlive the demo');
});

/** The ports at which a process listens (proc(5), and 0A is LISTEN). */
async function listeners(pid) {
  const { stdout } = await promisify(execFile)('sh', ['-c',
    `ls -l /proc/${pid}/fd | sed -n 's/.*socket:\\[\\([0-9]*\\)\\]/\\1/p'; echo; cat /proc/${pid}/net/tcp`]);
  const [sockets, table] = stdout.split('\n\n');
  const inodes = new Set(sockets.split('\n'));
  return table.split('\n').map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.has(inode))
    .map(([, local]) => Number.parseInt(local.split(':')[1], 16));
}
