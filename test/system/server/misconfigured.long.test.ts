import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Role, startProcess } from '../../../local/processes.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';

type Mistake = [what: string, role: Role, settings: Record<string, string>, sentence: RegExp];

describe('a process that is set up wrongly says in one sentence what to mend', () => {
  const stack = useStack({ server: 'prosody' });

  // Its domain is wanted.
  before(() => stack.kill('component'));

  /** Each on data of its own. */
  const mistakes = (): Mistake[] => {
    const { port } = stack.redis();
    const atRedis = `xmpp://127.0.0.1:${port}`;
    return [
      ['the secret', 'component', { EARSHOT_COMPONENT_SECRET: 'another' }, /EARSHOT_COMPONENT_SECRET must be what/],
      [
        'the component',
        'component',
        { EARSHOT_COMPONENT_DOMAIN: 'other.op.example' },
        /nobody knows a component other/,
      ],
      ['the home', 'component', { EARSHOT_HOME_HOST: 'other.example' }, /granted by op.example, .*EARSHOT_HOME_HOST/],
      ['clients’ port', 'component', { EARSHOT_COMPONENT_SERVICE: ofClients() }, /is the port that for components/],
      [
        'a free port',
        'component',
        { EARSHOT_COMPONENT_SERVICE: 'xmpp://127.0.0.1:1' },
        /no XMPP server can be reached/,
      ],
      ['no XMPP server', 'component', { EARSHOT_COMPONENT_SERVICE: atRedis }, /did not let this component in within/],
      [
        'the password',
        'worker',
        { EARSHOT_REDIS_URL: `redis://:no@127.0.0.1:${port}` },
        /wants another user or password/,
      ],
      ['no TLS', 'worker', { EARSHOT_REDIS_URL: `rediss://:no@127.0.0.1:${port}` }, /does not speak TLS: write redis:/],
      [
        'no Redis',
        'worker',
        { EARSHOT_REDIS_URL: `redis://127.0.0.1:${componentPort()}` },
        /does not speak as a Redis/,
      ],
      ['nothing', 'worker', { EARSHOT_REDIS_URL: 'redis://127.0.0.1:1' }, /no Redis can be reached at 127.0.0.1:1/],
      ['a slip', 'gateway', { EARSHOT_TRUSTED_PROXY: '10.0.0.1' }, /is EARSHOT_TRUSTED_PROXIES meant/],
    ];
  };
  const ofClients = () => `xmpp://127.0.0.1:${stack.xmpp.port}`;
  const componentPort = () => new URL(stack.env.EARSHOT_COMPONENT_SERVICE ?? '').port;

  it('whatever it is', async () => {
    for (const [i, [what, role, settings, sentence]] of mistakes().entries()) {
      const logFile = join(stack.dataDir, 'logs', `mistake-${i}.log`);
      const env = { ...stack.env, EARSHOT_REDIS_PREFIX: `mistake-${i}`, ...settings };
      const started = await startProcess({ role, env, logFile });
      try {
        await eventually(async () => expect(await readFile(logFile, 'utf8'), what).to.match(sentence));
        expect(await readFile(logFile, 'utf8')).to.not.contain(stack.env.EARSHOT_COMPONENT_SECRET);
      } finally {
        await started.kill();
      }
    }
  });
});
