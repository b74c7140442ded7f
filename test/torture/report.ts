import { median } from '../../bench/median.ts';
import { table } from '../../bench/report/markdown.ts';
import type { Round } from './rounds.ts';

/** A run on one kind of server. `runs`: versions, and the day. */
export type Run = {
  runs: string;
  seed: number;
  minutes: number;
  things: number;
  rounds: readonly Pick<Round, 'fault' | 'milliseconds' | 'found'>[];
  /** After the first round and after the last. */
  keys: readonly [first: number, last: number];
  /** The most resident memory that a process of each role had after a round. */
  megabytes: Readonly<Record<string, number>>;
};

/** By the kind of server. */
export type Runs = Readonly<Record<string, Run>>;

const HEAD = `# What it survives

Written by \`npm run torture -- --faults 200\` (or any number from 100 on): a whole Earshot on a real XMPP server and a real Redis, with ten subscribers who
upload books, change who may see them, play, stop, leave and come (by the operator, in an import, or by logging in with a code), each through the HTTP API, where a call is tried again until it has
its answer, with an XMPP client of its own, and with an event stream as the friends page has one, which is opened again whenever it ends. Meanwhile something is killed, stands still, is started again or breaks, a connection is slow or silent, Redis' disk is full, or a replica takes its place, with everything that it had, or the clock of Earshot's processes is half a minute wrong; or afterwards
Redis is put back to a copy from before. Then, once nothing is left to be done, everything is compared with a model: friends as
the API tells them, every roster, what every client was told last and what it is told when it asks, what every event stream has told
of each friend, and that this is all that the API tells who asks; that no client and no stream has ever been told what the player's consent did not allow, and no
stream something older after something newer; and that Redis names nobody who was erased. Each kind of fault comes as often as any other;
the order, the moments and what people do are drawn from a seed (\`EARSHOT_SEED\`). \`EARSHOT_TEST_SERVER=ejabberd\` has it run there, \`--cluster\` on a Redis Cluster of three masters.

The time is that from the end of the fault (whatever was taken away was started again) until nothing was left to be done and
everybody had the right friends.
`;
const DATA = /<!-- runs: (.*) -->/;

export function runsIn(page: string): Runs {
  const [, data] = DATA.exec(page) ?? [];
  return data === undefined ? {} : (JSON.parse(data) as Runs);
}

/** The whole page, which carries its data along for the next run. */
export function pageOf(runs: Runs): string {
  const data = `<!-- runs: ${JSON.stringify(runs).replaceAll('-->', '-- >')} -->`;
  return [HEAD, ...Object.values(runs).map(sectionOf), data, ''].join('\n');
}

function sectionOf({ runs, seed, minutes, things, rounds, keys, megabytes }: Run): string {
  const found = rounds.filter((round) => round.found !== undefined);
  const kinds = [...new Set(rounds.map(({ fault }) => fault))].sort();
  const times = (fault: string) =>
    rounds.filter((round) => round.fault === fault).map(({ milliseconds }) => milliseconds);
  const seconds = (milliseconds: number) => (milliseconds / 1_000).toFixed(1);
  return [
    `## ${runs}`,
    '',
    `${rounds.length} faults in ${minutes} minutes with the seed ${seed}, ${things} things done by people: **${found.length} findings**.`,
    `Keys in Redis: ${keys[0]} after the first, ${keys[1]} after the last. Resident memory, the most after a round: ${Object.entries(
      megabytes,
    )
      .map(([role, size]) => `${role} ${size} MB`)
      .join(', ')}.`,
    '',
    table(
      ['fault', 'times', 'converged after, median, s', 'at worst, s'],
      kinds.map((fault) => [
        fault,
        `${times(fault).length}`,
        seconds(median(times(fault))),
        seconds(Math.max(...times(fault))),
      ]),
    ),
    '',
    ...found.map(({ fault, found: what }) => `- ${fault}: ${what}`),
    ...(found.length > 0 ? [''] : []),
  ].join('\n');
}
