// The provider and both departments as separate servers on host names of their own, https or not.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { X509Certificate, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../ports.mjs';
import { launch } from './chromium.mjs';
import { binary } from './demo.mjs';

const run = promisify(execFile);
const department = join(dirname(binary), 'examples', 'demo_department');
const departments = [
  { kind: 'social-security', name: '养老金查询', organisation: '人社局', scope: 'openid profile phone' },
  { kind: 'business-registration', name: '企业登记', organisation: '市场监管局', scope: 'openid profile' },
];

/**
 * `hosts` are the provider's and the departments'; the provider finds those below `localhost`. Over https the provider
 * ends TLS itself, and a proxy stands before each department; the codes come by the city's own gateway, since nothing
 * here is a development node. `settings` are more lines of the provider's configuration. At the `others`, which want
 * https, the provider's pages are served too. The browser is started `without` some of Playwright's flags.
 */
export async function startCity({ https, hosts, others = [], settings = '', without = [] }) {
  const folder = await mkdtemp(join(tmpdir(), 'yimen-city-'));
  const children = [];
  const servers = [];
  const city = { codes: new Map() };
  city.stop = async () => {
    await city.browser?.close();
    for (const child of children) if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
    for (const server of servers) server.close().closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  };
  const start = (program, words, env) => {
    // A department cannot start without its program: cargo build --workspace --all-targets.
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
    children.push(child);
    return child;
  };
  const serve = async (server, port) => {
    servers.push(server);
    await once(server.listen(port, '127.0.0.1'), 'listening');
  };
  try {
    const scheme = https ? 'https' : 'http';
    const first = await freePorts(6);
    const ports = [first, first + 1, first + 2];
    const inner = [first + 3, first + 4];
    const [provider, ...addresses] = hosts.map((host, at) => `${scheme}://${host}:${ports[at]}`);
    const elsewhere = others.map((host) => `${scheme}://${host}:${first}`);
    Object.assign(city, { provider, elsewhere, departments: addresses });
    const names = [...hosts, ...others];
    const tls = https && await certificates(folder, names);

    const gateway = async (asked, answer) => {
      const { data } = await json(asked);
      if (data.code) city.codes.set(data.phone, data.code);
      answer.end('{}');
    };
    await serve(tls ? createTlsServer(tls.pair, gateway) : createServer(gateway), first + 5);
    const config = join(folder, 'yimen.toml');
    city.config = config;
    await writeFile(config, `public_url = "${provider}"
listen = "127.0.0.1:${first}"
dev = ${!https}
master_key = "${randomBytes(32).toString('base64')}"
[database]
url = "sqlite:${join(folder, 'yimen.db')}"
migrate_at_start = true
${tls ? `[tls]\ncertificate = "${tls.certificate}"\nkey = "${tls.key}"\n` : ''}
[fetch]
allow = ["127.0.0.0/8", "::1/128"]
${tls ? `extra_ca = "${tls.authority}"\n` : ''}[sms]
providers = ["webhook"]
[sms.webhook]
url = "${scheme}://localhost:${first + 5}/send"
secret = "whsec_${randomBytes(32).toString('base64')}"
[passkey]
related_origins = ${JSON.stringify(elsewhere)}
[log]
filter = "error"
${settings}
`);
    const node = start(binary, ['serve', '--config', config]);
    await answers(node, tls, first);

    for (const [at, { kind, name, organisation, scope }] of departments.entries()) {
      const port = tls ? inner[at] : ports[at + 1];
      const address = addresses[at];
      const service = start(department, [kind, `127.0.0.1:${port}`], {
        YIMEN_ISSUER: provider,
        YIMEN_DEPARTMENT: address,
        YIMEN_KEY_FILE: join(folder, `${kind}.pem`),
        OTHER_DEPARTMENT: addresses[1 - at],
        // This machine's resolver does not know the names: the inner address it is.
        ...(tls && { YIMEN_EXTRA_CA: tls.authority, YIMEN_INTERNAL_ADDRESS: `https://localhost:${first}` }),
      });
      await answers(service, false, port, '/yimen/jwks');
      if (tls) await serve(proxy(tls, port), ports[at + 1]);
      await run(binary, ['department', 'allow', address, '--config', config, '--name', name,
        '--organisation', organisation, '--scopes', scope]);
    }
    // What is asked of a whole host, such as /.well-known/webauthn, is asked at its usual port.
    const rules = [`MAP ${hosts[0]}:443 127.0.0.1:${first}`, ...names.map((host) => `MAP ${host} 127.0.0.1`)];
    const resolver = `--host-resolver-rules=${rules.join(',')}`;
    city.browser = await launch(tls ? [resolver, `--ignore-certificate-errors-spki-list=${tls.pin}`] : [resolver], without);
    return city;
  } catch (fault) {
    await city.stop();
    throw fault;
  }
}

/** An authority of our own, and the one certificate that it has given to all hosts. */
async function certificates(folder, hosts) {
  const file = (name) => join(folder, name);
  const make = (name, ...words) => run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', `/CN=${name}`, '-keyout', file(`${name}.key`),
    '-out', file(`${name}.pem`), ...words]);
  await make('authority', '-addext', 'basicConstraints=critical,CA:TRUE');
  const names = [...hosts, 'localhost'].map((host) => `DNS:${host}`).join(',');
  await make('hosts', '-CA', file('authority.pem'), '-CAkey', file('authority.key'),
    '-addext', 'basicConstraints=critical,CA:FALSE', '-addext', `subjectAltName=${names}`);
  const { publicKey } = new X509Certificate(await readFile(file('hosts.pem')));
  return {
    authority: file('authority.pem'),
    certificate: file('hosts.pem'),
    key: file('hosts.key'),
    pin: createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64'),
    pair: { cert: await readFile(file('hosts.pem')), key: await readFile(file('hosts.key')) },
  };
}

/** What ends TLS for a department. */
function proxy(tls, port) {
  return createTlsServer(tls.pair, (asked, answer) => {
    const onward = request({ host: '127.0.0.1', port, method: asked.method, path: asked.url, headers: asked.headers },
      (came) => came.pipe(answer.writeHead(came.statusCode, came.rawHeaders)));
    onward.once('error', () => answer.destroy());
    asked.pipe(onward);
  });
}

/** Waits until something answers on a port; nothing but its listening is asked of a server with TLS. */
async function answers(child, tls, port, path = '/readyz') {
  for (const end = Date.now() + 60_000; Date.now() < end && child.exitCode === null; await sleep(30)) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      if (answer.ok) return answer;
    } catch (fault) {
      // A TLS server hangs up on plain http.
      if (tls && fault.cause?.code !== 'ECONNREFUSED') return undefined;
    }
  }
  assert.fail(`nothing answers on port ${port}`);
}
