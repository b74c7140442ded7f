import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../domain/fault.ts';
import type { KeyConfig } from '../runtime/config/key-config.ts';
import type { Log } from '../runtime/log.ts';
import { isRedisAway, type Redis } from '../runtime/redis/redis.ts';
import { createKeyedHash } from '../runtime/secret/keyed-hash.ts';
import { createNumberKeys } from '../runtime/secret/number-key.ts';
import type { Keys } from './base/keys.ts';
import { as, defineScript } from './base/script.ts';

/** The shape of the data. Whatever an older version could not read raises it. */
const DATA = '1';
/** Milliseconds until a Redis that went away is asked again. */
const AGAIN = 1_000;
/** Milliseconds by which two clocks may differ: tunes, sessions and codes end by the clock of whoever looks. */
const CLOCKS_DIFFER = 5_000;

/**
 * Notes the names of both keys and the version of the data where none are noted yet. Answers what is
 * noted, Redis' time, and what this process did: `begun`, `ended` or nothing. `present`, `previous`: names of the number keys that the process was given.
 * A process that has a previous key, and finds that one noted, notes both: the change of the key
 * begins, where none is under way, or turns round. One that has the present key alone, and finds it noted first, drops the previous: it ends.
 */
const AGREE = defineScript({
  keys: ['agreement'],
  args: ['present', 'previous', 'secrets', 'data'],
  reply: as<[numbers: string, secrets: string, data: string, time: number, step: '' | 'begun' | 'ended']>,
  lua: `
redis.call('HSETNX', agreement, 'numbers', previous == '' and present or present .. ' ' .. previous)
redis.call('HSETNX', agreement, 'secrets', secrets)
redis.call('HSETNX', agreement, 'data', data)
local noted, former = string.match(redis.call('HGET', agreement, 'numbers'), '^(%S+) ?(%S*)')
local step = ''
if previous == noted and (former == '' or former == present) then
  redis.call('HSET', agreement, 'numbers', present .. ' ' .. previous)
  step = 'begun'
elseif previous == '' and present == noted and former ~= '' then
  redis.call('HSET', agreement, 'numbers', present)
  step = 'ended'
end
local found = redis.call('HMGET', agreement, 'numbers', 'secrets', 'data')
local time = redis.call('TIME')
found[4], found[5] = time[1] * 1000 + math.floor(time[2] / 1000), step
return found`,
});

/** What `AGREE` answers, of a hash that stays as it is; empty texts for what is not noted. */
const LOOK = defineScript({
  keys: ['agreement'],
  reply: as<[numbers: string, secrets: string, data: string, time: number]>,
  lua: `
local found, time = redis.call('HMGET', agreement, 'numbers', 'secrets', 'data'), redis.call('TIME')
for i = 1, 3 do found[i] = found[i] or '' end
found[4] = time[1] * 1000 + math.floor(time[2] / 1000)
return found`,
});

const OTHER_NUMBERS =
  'EARSHOT_NUMBER_KEY is not the key of this data: no number would be found, and everybody could join a second time. Give the right one; how it is changed is said in docs/operating.md, "Changing the number key".';
const OVERTAKEN =
  'EARSHOT_NUMBER_KEY is a third key while the change from the first to the second is under way: the first would be given up, and every book that was not uploaded anew since would match nobody, which ends friendships. End that change first, when the apps have uploaded their books anew: start all with the second key and without EARSHOT_NUMBER_KEY_PREVIOUS (docs/operating.md, "Changing the number key").';
const STEPS = {
  begun:
    'another number key: it and the one before count from now on. Books stay under the one before until they are uploaded anew; take EARSHOT_NUMBER_KEY_PREVIOUS away only then, or friendships end',
  ended:
    'the number key before counts no more: whose book was not uploaded anew since it was changed loses the friends that it holds, until it is',
};
const OTHER_SECRETS =
  'EARSHOT_SECRETS_KEY is not the key of this data: nothing that is sealed could be read, now or later. Give the right one.';

/** What keys are called, without telling anything of them. */
type Names = Record<'present' | 'previous' | 'secrets', string>;

/**
 * Compares what must be the same in every process, and as long as the data are there: both keys, by
 * names that tell nothing of them, and the version of the data. Whoever is first notes its own (hash `agreement`). A clock
 * that is not Redis', and that this process begins or ends a change of the number key, is said in the log. Waits for a Redis that is away. @throws Fault FAILED_PRECONDITION, with what to do
 */
export async function requireAgreement(
  redis: Redis,
  keys: Keys,
  config: KeyConfig,
  log: Log,
  now: () => number = Date.now,
): Promise<void> {
  const names = namesOf(config);
  const [numbers, secrets, data, time, step, asked] = await ask(redis, keys, names, now);
  const clock = compareClocks(asked, time, now());
  if (clock) log.error({ seconds: clock.seconds }, clock.what);
  const differs = differenceFrom({ numbers, secrets, data }, names, keys);
  if (differs !== undefined) throw new Fault('FAILED_PRECONDITION', differs);
  if (step !== '') log.warn(STEPS[step]);
}

/** What becomes of a change of the number key when a process starts with certain keys: `overtaken` when it must not start. */
export type KeyChange = 'begins' | 'goes on' | 'ends' | 'overtaken';

/**
 * The same for whoever only looks, and notes nothing. `noted`: whether any process has noted anything. `differs`:
 * from that, with what to do. `clock`: what is wrong with this machine's clock.
 */
export async function lookAtAgreement(
  redis: Redis,
  keys: Keys,
  config: KeyConfig,
  now: () => number = Date.now,
): Promise<{
  noted: boolean;
  differs: string | undefined;
  change: KeyChange | undefined;
  clock: string | undefined;
}> {
  const asked = now();
  const [numbers, secrets, data, time] = await LOOK.run(redis, { agreement: keys.agreement }, {});
  const clock = compareClocks(asked, time, now())?.what;
  if (numbers === '') return { noted: false, differs: undefined, change: undefined, clock };
  const names = namesOf(config);
  const differs = differenceFrom({ numbers, secrets, data }, names, keys);
  return { noted: true, differs, change: changeOf(numbers, names), clock };
}

/** `numbers`: as they are noted. Undefined where no change is under way, or another key altogether was given. */
function changeOf(numbers: string, { present, previous }: Names): KeyChange | undefined {
  const [first, former] = numbers.split(' ');
  if (previous === first && former === undefined) return 'begins';
  if (previous === first && present !== former) return 'overtaken';
  if (present !== first || former === undefined) return undefined;
  return previous === '' ? 'ends' : 'goes on';
}

function namesOf(config: KeyConfig): Names {
  const [present = '', previous = ''] = createNumberKeys(config.numberKey, config.numberKeyPrevious).ids.split(' ');
  return { present, previous, secrets: createKeyedHash(config.secretsKey)('agreement').slice(0, 12) };
}

function differenceFrom(
  noted: Record<'numbers' | 'secrets' | 'data', string>,
  { present, previous, secrets }: Names,
  { agreement }: Keys,
): string | undefined {
  const first = `If nothing is kept yet, and the first process had a wrong one: redis-cli del ${agreement}`;
  const known = noted.numbers.split(' ');
  if (!known.includes(present) && known[0] !== previous) return `${OTHER_NUMBERS} ${first}`;
  if (changeOf(noted.numbers, { present, previous, secrets }) === 'overtaken') return OVERTAKEN;
  if (noted.secrets !== secrets) return `${OTHER_SECRETS} ${first}`;
  if (Number(noted.data) <= Number(DATA)) return undefined;
  return `A later Earshot has written the data (version ${noted.data}, this one knows ${DATA}). Start that one, or restore a backup from before it.`;
}

/** What is wrong with this machine's clock. `asked`, `answered`: its time before and after Redis told its own. */
function compareClocks(asked: number, time: number, answered: number): { seconds: number; what: string } | undefined {
  const behind = time - answered;
  const away = Math.max(behind, asked - time);
  if (away < CLOCKS_DIFFER) return undefined;
  const seconds = Math.round(away / 1_000);
  return {
    seconds,
    what: `the clock of this machine is ${seconds} s ${behind > 0 ? 'behind' : 'ahead of'} that of Redis: tunes and codes would end at the wrong time. Let both machines follow a time server (NTP)`,
  };
}

async function ask(
  redis: Redis,
  { agreement }: Keys,
  names: Names,
  now: () => number,
): Promise<[...Awaited<ReturnType<typeof AGREE.run>>, asked: number]> {
  for (;;)
    try {
      const asked = now();
      return [...(await AGREE.run(redis, { agreement }, { ...names, data: DATA })), asked];
    } catch (err) {
      if (!isRedisAway(err)) throw err;
      await sleep(AGAIN);
    }
}
