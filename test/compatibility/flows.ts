import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../local/project-root.ts';
import type { ServerName } from '../../local/xmpp-servers.ts';
import type { Target } from './targets.ts';

/**
 * What people do with Earshot, from end to end, and the tests that show it; without `titles`, all of the file's. `shows`: what a
 * reader of the page may rely on where they pass.
 */
export type Flow = { name: string; shows: string; tests: readonly { file: string; titles?: RegExp }[] };

/** Of which servers: one kind, or that of the second home beside it. */
type Tested = Pick<Target, 'kind' | 'second'>;

/**
 * The suite of a server: what its adapter must do (decision 132), and every flow. Of two homes: the flows of two people, of whom
 * each lives at another, and those of homes. A test belongs to the first that names it.
 */
export function flowsOf({ kind, second }: Tested): readonly Flow[] {
  if (second !== undefined) return [...FLOWS.filter(({ name }) => !OF_ONE_HOME.includes(name)), ...OF_TWO_HOMES];
  return [{ ...OF_AN_ADAPTER, tests: contractFiles(kind).map((file) => ({ file })) }, ...FLOWS];
}

/**
 * Those whose names hold one of these words, whatever their case; all where there is none.
 * @throws Error for a word that no name holds
 */
export function chosenFlows(tested: Tested, words: readonly string[]): readonly string[] {
  const names = flowsOf(tested).map(({ name }) => name);
  const holding = (word: string) => names.filter((name) => name.toLowerCase().includes(word.toLowerCase()));
  const unknown = words.find((word) => holding(word).length === 0);
  if (unknown !== undefined) throw new Error(`There is no flow ${unknown}; there are: ${names.join('; ')}.`);
  return words.length === 0 ? names : words.flatMap(holding);
}

const OF_AN_ADAPTER = {
  name: 'What is asked of an adapter',
  shows: 'what the component has the server do is read back by clients; the more a server can do, the more tests',
};

const FLOWS: readonly Flow[] = [
  {
    name: 'A tune that runs out',
    shows: 'it ends by itself, for every friend',
    tests: [
      { file: 'test/system/friendship/friends.test.ts', titles: /see a tune end by itself/ },
      {
        file: 'test/system/playing/now-playing.test.ts',
        titles: /ten minutes, and a known one|when the newest runs out/,
      },
    ],
  },
  {
    name: 'Who comes late',
    shows: 'whoever logs in sees what friends play already',
    tests: [
      { file: 'test/system/friendship/friends.test.ts', titles: /who logs in later/ },
      { file: 'test/system/playing/presence.test.ts' },
    ],
  },
  {
    name: 'Erasure',
    shows: 'nothing of a subscriber who is erased stays: records, logs, friends’ rosters, the account',
    tests: [
      { file: 'test/system/kept/erase.long.test.ts' },
      { file: 'test/system/friendship/changes.test.ts', titles: /leave nothing behind/ },
    ],
  },
  {
    name: 'Changes of number and of account',
    shows: 'a second number, another number, another account, a number that somebody else gets',
    tests: [
      { file: 'test/system/friendship/changed-jid.long.test.ts' },
      { file: 'test/system/friendship/changes.test.ts', titles: /with their old number|with the same number/ },
      { file: 'test/system/book/several-numbers.test.ts' },
      { file: 'test/system/book/recycled-number.long.test.ts' },
    ],
  },
  {
    name: 'Friends',
    shows: 'address books that name each other make roster items; they go when a book no longer does',
    tests: [
      { file: 'test/system/friendship/friends.test.ts' },
      { file: 'test/system/friendship/changes.test.ts' },
      { file: 'test/system/friendship/policy-either.long.test.ts' },
    ],
  },
  {
    name: 'Tunes',
    shows: 'the newest is shown, of several devices, and no more often than is set',
    tests: [{ file: 'test/system/playing/now-playing.test.ts' }],
  },
  {
    name: 'Deleted items, names of the user’s own',
    shows: 'a roster stays its user’s: own names and groups are kept, and what was deleted does not come back',
    tests: [{ file: 'test/system/friendship/own-roster.test.ts' }],
  },
  {
    name: 'Consent, against the clock',
    shows: 'whoever is shut out sees nothing from the answer on, also when something is killed in that moment',
    tests: [
      { file: 'test/system/friendship/consent.test.ts' },
      { file: 'test/system/friendship/consent-edges.long.test.ts' },
      { file: 'test/system/friendship/consent-crashes.long.test.ts' },
      { file: 'test/system/friendship/forgotten.long.test.ts' },
    ],
  },
  {
    name: 'Pictures',
    shows: 'friends have their avatars, and show as away or busy, on the page and in the API',
    tests: [{ file: 'test/system/playing/pictures.test.ts' }],
  },
  {
    name: 'Tunes of the user’s own client',
    shows: 'what an XMPP client publishes itself is shown as any other tune',
    tests: [{ file: 'test/system/playing/own-client.test.ts' }],
  },
  {
    name: 'Crashes',
    shows: 'nothing that was accepted is lost by `kill -9` of anything, and what is shown ends',
    tests: [
      { file: 'test/system/failure/crashes.long.test.ts' },
      { file: 'test/system/playing/xmpp-away.test.ts' },
      { file: 'test/system/server/component.long.test.ts', titles: /after kill -9/ },
    ],
  },
  {
    name: 'Active and standby',
    shows: 'a second component takes over when the first is stopped or killed, or hangs',
    tests: [{ file: 'test/system/server/standby.long.test.ts', titles: /^two components, of which/ }],
  },
  {
    name: 'Without privileges',
    shows: 'what is left of it where the server lets Earshot do nothing in users’ names',
    tests: [{ file: 'test/system/server/unprivileged.test.ts' }],
  },
  {
    name: 'Few steps',
    shows: 'how much Redis is told for one tune and for one roster item',
    tests: [{ file: 'test/system/playing/steps.test.ts' }, { file: 'test/system/friendship/steps.test.ts' }],
  },
  {
    name: 'Silence of 45 seconds',
    shows: 'the connection outlives a time in which nobody does anything',
    tests: [{ file: 'test/system/server/idling.long.test.ts' }],
  },
];

/** What is about one component and its server alone. */
const OF_ONE_HOME = ['Active and standby', 'Without privileges', 'Few steps', 'Silence of 45 seconds'];

const OF_TWO_HOMES: readonly Flow[] = [
  {
    name: 'Homes',
    shows: 'new accounts, friends, tunes, consent, crashes and erasure, across both',
    tests: [{ file: 'test/system/server/homes.long.test.ts' }],
  },
  {
    name: 'Moving to another home',
    shows: 'a subscriber’s account at one is changed for one at the other',
    tests: [{ file: 'test/system/server/moving-home.long.test.ts' }],
  },
  {
    name: 'Random lives',
    shows: 'random people and events end as a model says',
    tests: [{ file: 'test/system/friendship/convergence-prosody.long.test.ts' }],
  },
];

/** Named after the kind of server; those of a server without privileges are run on Prosody. */
function contractFiles(kind: ServerName): string[] {
  const folder = 'test/component/server';
  return readdirSync(join(projectRoot(), folder))
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => name.startsWith(kind) || (kind === 'prosody' && name.startsWith('none')))
    .map((name) => join(folder, name));
}
