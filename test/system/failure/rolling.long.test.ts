import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Child, startChild } from '../../../local/children/child.ts';
import { requireProgram } from '../../../local/children/programs.ts';
import { freePort } from '../../../local/ports.ts';
import { type EarshotProcess, startProcess } from '../../../local/processes.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type ExtraGateway, startExtraGateway } from '../../support/http/extra-gateway.ts';
import { joinFriends } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

/** Callers side by side, and milliseconds between two calls of each. */
const CALLERS = 4;
const PAUSE = 20;
/** Calls that are answered between two restarts, with nothing being restarted. */
const BETWEEN = 20;

describe('processes that are restarted one by one, behind a proxy that asks whether a gateway is ready', () => {
  const stack = useStack({ env: { EARSHOT_DRAIN_SECONDS: '5', EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  let folder: string;
  let second: ExtraGateway;
  let others: EarshotProcess[];
  let proxy: Child;
  let url: string;
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;

  function gateways(): string[] {
    return [stack.gatewayUrl, second.url].map((one) => new URL(one).host);
  }

  async function startProxy(): Promise<void> {
    const port = await freePort();
    const [first, other] = gateways();
    url = `http://127.0.0.1:${port}`;
    const file = join(folder, 'Caddyfile');
    await writeFile(
      file,
      `{\n  admin off\n}\n${url} {\n  reverse_proxy ${first} ${other} {\n    health_uri /readyz\n    health_interval 250ms\n    header_down x-upstream {http.reverse_proxy.upstream.hostport}\n  }\n}\n`,
    );
    proxy = await startChild({
      ...{ name: 'Caddy', program: requireProgram('caddy', 'caddy'), deathSignal: 'TERM' },
      args: ['run', '--adapter', 'caddyfile', '--config', file],
      env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      logFile: join(folder, 'proxy.log'),
    });
    await eventually(async () => {
      expect(proxy.exit(), proxy.logTail().join('\n')).to.equal(undefined);
      expect((await fetch(`${url}/readyz`)).status).to.equal(200);
    });
  }

  async function restartSecond(): Promise<void> {
    await second.stop();
    second = await startExtraGateway(stack, { EARSHOT_HTTP_PORT: `${second.port}` });
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-rolling-'));
    second = await startExtraGateway(stack);
    // A component that stands by, and another worker.
    others = await Promise.all(
      (['component', 'worker'] as const).map((role) =>
        startProcess({ role, env: stack.env, logFile: join(folder, `${role}.log`) }),
      ),
    );
    [alice, bob] = await joinFriends(api);
    bobs = await connectFriend(stack, bob);
    await startProxy();
  });

  after(async () => {
    await bobs?.leave();
    await proxy?.stop();
    for (const one of [...(others ?? []), ...(second ? [second] : [])]) await one.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('lose no call and no tune', async () => {
    const through = createApi({ gatewayUrl: url, operatorKey: stack.operatorKey });
    const failures: string[] = [];
    let [answered, titles, done, what] = [0, 0, false, 'nothing'];
    const answering = new Set<string | null>();

    async function callOn(): Promise<void> {
      while (!done) {
        titles += 1;
        const tune = { kind: 'audio', title: `Title ${titles}`, length: 600 };
        const { status, text, headers } = await through
          .call('PUT', api.path(alice, 'now-playing'), tune)
          .catch((err: Error) => ({ status: 0, text: `${err.message} ${String(err.cause)}`, headers: undefined }));
        answered += 1;
        answering.add(headers?.get('x-upstream') ?? null);
        if (status !== 202) failures.push(`${what}: ${status} ${text}`);
        await sleep(PAUSE);
      }
    }

    /** The proxy, which asks four times a second, has found both gateways before another goes. */
    async function someMore(): Promise<void> {
      const from = answered;
      answering.clear();
      await eventually(() => {
        expect(answered).to.be.above(from + BETWEEN);
        expect([...answering]).to.include.members(gateways());
      });
    }

    const callers = Array.from({ length: CALLERS }, callOn);
    await someMore();
    const restarts: [string, () => Promise<void>][] = [
      ['a gateway', () => stack.restart('gateway')],
      ['the other gateway', restartSecond],
      ['the active component', () => stack.restart('component')],
      ['a worker', () => stack.restart('worker')],
    ];
    for (const [name, restart] of restarts) {
      what = name;
      await restart();
      await stack.untilReady();
      await someMore();
    }
    done = true;
    await Promise.all(callers);
    await api.play(alice, { title: 'The last one', length: 600 });
    await bobs.hears(alice.jid, 'The last one');
    expect(failures, `of ${answered}`).to.deep.equal([]);
  });
});
