import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { freePort } from '../../local/ports.ts';
import { type EarshotProcess, startProcess } from '../../local/processes.ts';
import { inBatches } from '../../runtime/batches.ts';
import type { Friend } from '../../store/friendship/friends.ts';
import { createStores, type Stores } from '../../store/stores.ts';
import { startTestRedis, type TestRedis } from '../../test/support/redis.ts';
import { NO_LIMITS, type StallWatch, watchStalls } from '../../test/support/stalls/stalls.ts';
import { builtProcesses } from '../built.ts';
import type { Order, Reply } from '../load/listening.ts';
import { within } from '../within.ts';

/** A gateway with its Redis, subscribers who are written straight into the stores, and who listens. */
export type ListenersWorld = {
  redis: TestRedis;
  stores: Stores;
  gateway: EarshotProcess;
  watch: StallWatch;
  listening: Listening;
  port: number;
  stop(): Promise<void>;
};

/** The process that holds the streams. */
export type Listening = {
  ask<Answer extends Reply>(order: Order): Promise<Answer>;
  end(): void;
};

/** A subscriber of the crowd. */
export type Member = { id: string; token: string };

const HOUR = 3_600_000;
const CHUNK = 500;
/** Milliseconds for anything that is asked of the process that listens. */
const PATIENCE = 120_000;

/** Starts them; `folder` takes the logs. */
export async function startListenersWorld(folder: string): Promise<ListenersWorld> {
  const [redis, watch, port] = [await startTestRedis(), await watchStalls(true), await freePort()];
  const secretsKey = 'cd'.repeat(32);
  const gateway = await startProcess({
    role: 'gateway',
    entry: watch.options.entries.gateway as string,
    env: {
      EARSHOT_REDIS_URL: redis.url,
      EARSHOT_HOME_HOST: 'op.example',
      EARSHOT_DRAIN_SECONDS: '0',
      EARSHOT_HTTP_PORT: `${port}`,
      EARSHOT_OPERATOR_KEY: randomUUID(),
      EARSHOT_NUMBER_KEY: 'ab'.repeat(32),
      EARSHOT_SECRETS_KEY: secretsKey,
      ...NO_LIMITS,
      EARSHOT_LIMIT_STREAMS: '0',
      ...watch.options.env,
      WATCHED_MAIN: new URL(`file://${builtProcesses().gateway}`).href,
    },
    logFile: join(folder, 'gateway.log'),
  });
  await untilLives(port);
  const listening = startListening();
  return {
    redis,
    stores: createStores(redis.redis, 'earshot', Buffer.from(secretsKey, 'hex')),
    gateway,
    watch,
    listening,
    port,
    async stop() {
      listening.end();
      await gateway.stop();
      await redis.stop();
    },
  };
}

async function untilLives(port: number): Promise<void> {
  const lives = () =>
    fetch(`http://127.0.0.1:${port}/livez`).then(
      ({ ok }) => ok,
      () => false,
    );
  await within(
    PATIENCE,
    (async () => {
      while (!(await lives())) await new Promise((resolve) => setTimeout(resolve, 50));
    })(),
  );
}

function startListening(): Listening {
  const child: ChildProcess = fork(new URL('../load/listening.ts', import.meta.url));
  return {
    async ask<Answer extends Reply>(order: Order): Promise<Answer> {
      const answer = new Promise<Answer>((resolve) => child.once('message', (reply) => resolve(reply as Answer)));
      child.send(order);
      return within(PATIENCE, answer);
    },
    end: () => void child.kill(),
  };
}

/** Writes subscribers with a token each; nobody is anybody's friend yet. */
export async function writeMembers({ redis, stores }: ListenersWorld, count: number): Promise<Member[]> {
  const members: Member[] = [];
  const numbers = Array.from({ length: count }, (_, i) => i);
  for (const part of inBatches(numbers, CHUNK))
    members.push(
      ...(await Promise.all(
        part.map(async (i) => {
          const id = randomUUID();
          const fields = { state: 'active', jid: jidOf(id), displayName: `Member ${i}`, index: i + 1 };
          const number = { phoneNumber: `+86${13_000_000_000 + i}`, numberKey: numberKeyOf(i) };
          await redis.redis.hSet(stores.keys.subscriber(id), { ...fields, ...number });
          return { id, token: (await stores.tokens.issue(id, undefined, HOUR, Date.now())).token };
        }),
      )),
    );
  return members;
}

/** Makes each of the pairs friends, at both ends, and everybody concerned online. */
export async function befriend(
  { redis, stores }: ListenersWorld,
  members: readonly Member[],
  friendsOf: (position: number) => readonly number[],
): Promise<void> {
  for (const part of inBatches([...members.entries()], CHUNK))
    await Promise.all(
      part.map(async ([i, { id }]) => {
        const friends = friendsOf(i).map((other): [string, string] => {
          const member = members[other] as Member;
          return [member.id, JSON.stringify(friendOf(member.id, other))];
        });
        await redis.redis.hSet(stores.keys.friends(id), Object.fromEntries(friends));
      }),
    );
}

export async function appear({ stores }: ListenersWorld, members: readonly Member[]): Promise<void> {
  const resource = { resource: 'phone', show: 'available' as const, status: 'at home', priority: 0 };
  for (const part of inBatches(members, CHUNK))
    await Promise.all(part.map(({ id }) => stores.presences.write(jidOf(id), [resource])));
}

function friendOf(id: string, i: number): Friend {
  return { id, jid: jidOf(id), name: `Friend ${i}`, groups: [], held: numberKeyOf(i), since: 0 };
}

function jidOf(id: string): string {
  return `${id}@op.example`;
}

/** Twelve characters, as a number's keyed hash has. */
function numberKeyOf(i: number): string {
  return `${i}`.padStart(12, 'A');
}
