import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { EVENT_TYPES, typeOf } from '../../../domain/subscription/event-types.ts';
import { freePort } from '../../../local/ports.ts';
import { projectRoot } from '../../../local/project-root.ts';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';

describe('the receiver of events in docs/integrating.md', () => {
  const stack = useStack({ env: { EARSHOT_SINK_ALLOW: '127.0.0.1' } });
  const api = createApi(stack);
  let text: string;
  let receiver: ChildProcess | undefined;
  let follower: ChildProcess | undefined;
  let port: number;

  before(async () => {
    text = await readFile(new URL('../../../docs/integrating.md', import.meta.url), 'utf8');
    port = await freePort();
  });

  after(() => {
    receiver?.kill();
    follower?.kill();
  });

  it('takes what is signed, as it is printed, and refuses anything else', async () => {
    const body = { protocol: 'HTTP', sink: `http://127.0.0.1:${port}/`, types: [typeOf('subscriber-added')] };
    const made = await api.expectStatus(201, api.call('POST', '/v1/subscriptions', body));
    const [, code = ''] = /## Events\n[\s\S]*?```js\n([\s\S]*?)```/.exec(text) ?? [];
    receiver = spawn(process.execPath, ['--input-type=module', '-e', code], {
      cwd: projectRoot(),
      env: { ...process.env, SECRET: String(made.body.secret), PORT: `${port}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    receiver.stdout?.setEncoding('utf8').on('data', (some: string) => {
      said += some;
    });
    const { id } = await api.join('+8613800138000');
    await eventually(() => expect(said).to.contain(`org.earshot.v1.subscriber-added ${id} `));
    const forged = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' });
    expect(forged.status).to.equal(401);
  });

  it('has a command beside it for who cannot be posted to, which shows the same as it comes', async () => {
    const [, command = ''] = /## Events on a stream\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(text) ?? [];
    follower = spawn('sh', ['-c', `exec ${command}`], {
      env: { ...process.env, EARSHOT: stack.gatewayUrl, KEY: stack.operatorKey },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    follower.stdout?.setEncoding('utf8').on('data', (some: string) => {
      said += some;
    });
    await eventually(() => expect(said).to.match(/^id: \S+$/m));
    const { id } = await api.join('+8613800138001');
    await eventually(() => expect(said).to.match(new RegExp(`^data: .*subscriber-added.*${id}`, 'm')));
  });

  it('stands under a table of every type that can be asked for', () => {
    const [, table = ''] = /\| `type` \|(.*?)\n\n/s.exec(text) ?? [];
    const written = table.replaceAll('…', 'org.earshot.v1.');
    for (const type of EVENT_TYPES) expect(written).to.contain(`\`${type}\``);
  });
});
