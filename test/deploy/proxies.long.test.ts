import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as wholeText } from 'node:stream/consumers';
import { expect } from 'chai';
import { type Child, startChild } from '../../local/children/child.ts';
import { requireProgram } from '../../local/children/programs.ts';
import { freePort } from '../../local/ports.ts';
import { projectRoot } from '../../local/project-root.ts';
import { createApi } from '../support/api.ts';
import { runEarshot } from '../support/earshot-command.ts';
import { eventually } from '../support/eventually.ts';
import { writeCertificate } from '../support/http/certificate.ts';
import { bearer } from '../support/http/credentials.ts';
import { joinFriends } from '../support/pair.ts';
import { useStack } from '../support/stack.ts';

/** Where the example is put, and what leads there and from there in the test. */
type Place = { folder: string; port: number; gateway: string; certFile: string; keyFile: string };
type Proxy = { file: string; text(example: string, place: Place): string; program: string; args: string[] };

const PROXIES: Record<string, Proxy> = {
  nginx: {
    file: 'earshot-nginx.conf',
    text: (example, { folder, port, gateway, certFile, keyFile }) => {
      const site = example
        .replace('127.0.0.1:8080', gateway)
        .replace('listen 443', `listen 127.0.0.1:${port}`)
        .replace(/^( *ssl_certificate) .*/m, `$1 ${certFile};`)
        .replace(/^( *ssl_certificate_key) .*/m, `$1 ${keyFile};`);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((what) => `${what}_temp_path ${folder}/${what};`)
        .join(' ');
      // Its processes have to get into a folder of root's.
      const user = process.getuid?.() === 0 ? 'user root;' : '';
      return `${user} daemon off; pid ${folder}/nginx.pid; error_log stderr; events {} http { ${temporary}\n${site}}\n`;
    },
    program: 'nginx',
    args: ['-c'],
  },
  Caddy: {
    file: 'earshot-Caddyfile',
    text: (example, { port, gateway, certFile, keyFile }) =>
      `{\n  admin off\n  auto_https disable_redirects\n}\n${example
        .replace('127.0.0.1:8080', gateway)
        .replace('tune.op.example {', `https://127.0.0.1:${port} {\n  tls ${certFile} ${keyFile}`)}`,
    program: 'caddy',
    args: ['run', '--adapter', 'caddyfile', '--config'],
  },
};

for (const [name, proxy] of Object.entries(PROXIES))
  describe(`the example of ${name}`, () => {
    const stack = useStack({ env: { EARSHOT_TRUSTED_PROXIES: '127.0.0.1', EARSHOT_LIMIT_ADDRESS: '200' } });
    const api = createApi(stack);
    let place: Place;
    let child: Child;
    let ca: string;

    /** Asks through the proxy. `from`: an address of loopback. */
    const ask = (path: string, headers: Record<string, string> = {}, from = '127.0.0.1') =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const options = { host: '127.0.0.1', port: place.port, path, headers, ca, localAddress: from };
        request(options, resolve).once('error', reject).end();
      });
    const statusOf = async (...words: Parameters<typeof ask>) => {
      const answer = await ask(...words);
      await wholeText(answer);
      return answer.statusCode;
    };

    before(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'earshot-proxy-'));
      const certificate = await writeCertificate(folder, 'tune.op.example');
      place = { folder, port: await freePort(), gateway: new URL(stack.gatewayUrl).host, ...certificate };
      ca = await readFile(certificate.certFile, 'utf8');
      const example = await readFile(join(projectRoot(), 'deploy', proxy.file), 'utf8');
      const file = join(folder, 'proxy.conf');
      await writeFile(file, proxy.text(example, place));
      child = await startChild({
        name,
        program: requireProgram(proxy.program, proxy.program),
        args: [...proxy.args, file],
        env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
        logFile: join(folder, 'proxy.log'),
        deathSignal: 'TERM',
      });
      await eventually(async () => {
        expect(child.exit(), child.logTail().join('\n')).to.equal(undefined);
        expect(await statusOf('/livez')).to.equal(200);
      });
    });

    after(async () => {
      await child?.stop();
      if (place) await rm(place.folder, { recursive: true });
    });

    it('lets a line of an event stream through as it comes', async () => {
      const [alice, bob] = await joinFriends(api);
      const stream = await ask('/v1/subscribers/me/friends/events', bearer(bob.token));
      expect(stream.headers['content-type']).to.contain('text/event-stream');
      let told = '';
      stream.setEncoding('utf8').on('data', (piece) => (told += piece));
      await eventually(() => expect(told).to.contain('event: friends'));
      await api.play(alice, { title: 'Through a proxy' });
      await eventually(() => expect(told).to.contain('Through a proxy'));
      expect(stream.complete).to.equal(false);
      stream.destroy();
    });

    it('keeps metrics to the operator’s own network', async () => {
      const key = bearer(stack.operatorKey);
      expect((await api.call('GET', '/metrics')).status).to.equal(200);
      for (const path of ['/metrics', '/metrics?', '/%6detrics', '//metrics', '/./metrics'])
        expect(await statusOf(path, key), path).to.equal(404);
    });

    it('tells the gateway who calls, whatever the caller says', async () => {
      const statuses = new Set<number | undefined>();
      for (let n = 0; n < 500 && !statuses.has(429); n += 1)
        statuses.add(await statusOf('/v1/subscribers/me', { 'x-forwarded-for': `192.0.2.${n % 256}` }, '127.0.0.2'));
      expect([...statuses]).to.deep.equal([401, 429]);
      expect(await statusOf('/v1/subscribers/me', {}, '127.0.0.3')).to.equal(401);
    });

    it('is good in the eyes of the doctor', async () => {
      const settings = {
        ...stack.env,
        EARSHOT_PUBLIC_URL: `https://127.0.0.1:${place.port}`,
        NODE_EXTRA_CA_CERTS: place.certFile,
      };
      const { out } = await runEarshot(['doctor', '--json', '--role', 'gateway'], settings);
      const told = (JSON.parse(out) as { check: string; level: string }[]).filter(({ check }) =>
        ['public-address', 'event-stream'].includes(check),
      );
      expect(told.map(({ check, level }) => `${check} ${level}`)).to.deep.equal([
        'public-address ok',
        'event-stream ok',
      ]);
    });
  });
