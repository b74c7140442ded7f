import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Policy } from '../../domain/association.ts';
import { freePort } from '../../local/ports.ts';
import { type EarshotProcess, type Role, startProcess } from '../../local/processes.ts';
import { type Api, createApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { friendsInModel, type Modelled, NUMBERS, PEOPLE, type Step, steps } from '../support/model.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

/** Sequences of one policy, and how many of them run side by side. */
const SEQUENCES = 500;
const TOGETHER = 25;
/** Milliseconds; a worker that was killed keeps its jobs locked for ten seconds. */
const PATIENCE = 30_000;

for (const policy of ['mutual', 'either'] as const)
  describe(`reconciliation under ${policy}, by two workers of which one is killed now and then`, () => {
    let world: World;

    before(async () => {
      world = await startWorld(policy);
    });

    after(async () => world?.stop());

    it(`ends as a model of twenty lines says, after each of ${SEQUENCES} random lives`, async function () {
      this.timeout(300_000);
      let run = 0;
      const together = fc.array(steps, { minLength: TOGETHER, maxLength: TOGETHER });
      await fc.assert(
        fc.asyncProperty(together, async (lives) => {
          run += 1;
          const crash = run % 10 === 5 ? world.crashWorker() : undefined;
          const groups = await Promise.all(lives.map((life) => live(world.api, life)));
          await crash;
          await Promise.all(groups.map((group) => agrees(world.api, group, policy)));
        }),
        { numRuns: SEQUENCES / TOGETHER, endOnFailure: true },
      );
    });
  });

type World = { api: Api; crashWorker(): Promise<void>; stop(): Promise<void> };

/** A Redis, a gateway and two workers; no XMPP server, so the wanted rosters are the end of it. */
async function startWorld(policy: Policy): Promise<World> {
  const redis: TestRedis = await startTestRedis();
  const folder = await mkdtemp(join(tmpdir(), 'earshot-convergence-'));
  const operatorKey = randomUUID();
  const port = await freePort();
  const env = {
    EARSHOT_REDIS_URL: redis.server.url,
    EARSHOT_HOME_HOST: 'op.example',
    EARSHOT_HTTP_PORT: `${port}`,
    EARSHOT_OPERATOR_KEY: operatorKey,
    EARSHOT_NUMBER_KEY: 'ab'.repeat(32),
    EARSHOT_SECRETS_KEY: 'cd'.repeat(32),
    EARSHOT_POLICY: policy,
    EARSHOT_LOG_LEVEL: 'warn',
  };
  const start = (role: Role, name: string) => startProcess({ role, env, logFile: join(folder, `${name}.log`) });
  const [gateway, steady, mortal] = await Promise.all([
    start('gateway', 'gateway'),
    start('worker', 'steady'),
    start('worker', 'mortal'),
  ]);
  const processes: EarshotProcess[] = [gateway, steady, mortal];
  const server = { gatewayUrl: `http://127.0.0.1:${port}`, operatorKey };
  const api = createApi(server);
  await eventually(async () => expect((await fetch(`${server.gatewayUrl}/livez`)).status).to.equal(200), 20_000);

  return {
    api,
    async crashWorker() {
      await sleep(Math.random() * 100);
      await processes.pop()?.kill();
      processes.push(await start('worker', 'mortal'));
    },
    async stop() {
      await Promise.all(processes.map((one) => one.stop()));
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Group = { people: Modelled[]; ids: (string | undefined)[] };

let groups = 0;

/** Lives one sequence with numbers of its own, and keeps the model beside it. */
async function live(api: Api, life: readonly Step[]): Promise<Group> {
  groups += 1;
  const numbers = Array.from({ length: NUMBERS }, (_, i) => `+86139${String(groups * NUMBERS + i).padStart(8, '0')}`);
  const group: Group = {
    people: Array.from({ length: PEOPLE }, () => ({ number: undefined, book: new Set<string>() })),
    ids: [],
  };
  for (const step of life) await take(api, group, step, numbers);
  return group;
}

async function take(api: Api, { people, ids }: Group, step: Step, numbers: readonly string[]): Promise<void> {
  const { who } = step;
  const one = people[who] as Modelled;
  const path = `/v1/subscribers/${ids[who]}`;
  const number = 'number' in step ? (numbers[step.number] as string) : '';
  const taken = people.some((other) => other.number === number);
  if (step.do === 'join') {
    if (one.number !== undefined) return;
    const answer = await api.expectStatus(
      taken ? 409 : 201,
      api.call('POST', '/v1/subscribers', { phoneNumber: number, jid: `${randomUUID()}@op.example` }),
    );
    if (taken) return;
    ids[who] = String(answer.body.subscriberId);
    people[who] = { number, book: new Set() };
  } else if (one.number !== undefined) {
    if (step.do === 'leave') {
      await api.expectStatus(204, api.call('DELETE', path));
      people[who] = { number: undefined, book: new Set() };
    } else if (step.do === 'change-number') {
      await api.expectStatus(
        taken && one.number !== number ? 409 : 200,
        api.call('PATCH', path, { phoneNumber: number }),
      );
      if (!taken) people[who] = { ...one, number };
    } else {
      const held = step.do === 'put-book' ? step.numbers.map((i) => numbers[i] as string) : [];
      const contacts = held.map((phoneNumber) => ({ name: phoneNumber, phoneNumbers: [phoneNumber] }));
      if (step.do === 'put-book') await api.expectStatus(202, api.call('PUT', `${path}/address-book`, { contacts }));
      else await api.expectStatus(204, api.call('DELETE', `${path}/address-book`));
      people[who] = { ...one, book: new Set(held) };
    }
  }
}

async function agrees(api: Api, { people, ids }: Group, policy: Policy): Promise<void> {
  const wanted = friendsInModel(people, policy);
  for (const [i, person] of people.entries()) {
    if (person.number === undefined) continue;
    const expected = (wanted[i] ?? []).map((other) => ids[other]);
    await eventually(async () => {
      const { body } = await api.call('GET', `/v1/subscribers/${ids[i]}/friends`);
      const found = (body as unknown as { friends: { subscriberId: string }[] }).friends.map(
        (friend) => friend.subscriberId,
      );
      expect(found).to.have.members(expected);
    }, PATIENCE);
  }
}
