import type { PopulationSize } from './population.ts';

/** Settings of Prosody that are compared with those that `npm start` gives it. */
export type Setting = { name: string; lines: string[]; size: PopulationSize };

/** One friend each, who is online; as many publishers as there are in the busy hour of a small host. */
const FEW: PopulationSize = { publishers: 100, watchers: 1, contacts: 60 };
/** More publishers than Prosody keeps nodes of by default (1,000). */
const MANY: PopulationSize = { publishers: 1_500, watchers: 1, contacts: 60 };

/** What `npm start` does. */
export const USUAL: Setting = { name: 'as `npm start` sets it', lines: [], size: FEW };

export const SETTINGS: readonly Setting[] = [
  {
    name: '`gc` as Prosody 0.12 has it (`threshold = 105`)',
    lines: ['gc = { mode = "incremental", threshold = 105, speed = 500 }'],
    size: FEW,
  },
  { name: '`gc = { mode = "generational" }`', lines: ['gc = { mode = "generational" }'], size: FEW },
  { name: '`log` at level `info`', lines: ['log = { info = "info.log" }'], size: FEW },
  { name: '`log` at level `debug`', lines: ['log = { debug = "debug.log" }'], size: FEW },
  {
    name: '`storage = { pep_data = "memory" }`: a restart of Prosody forgets every tune',
    lines: ['storage = { pep_data = "memory" }'],
    size: FEW,
  },
  {
    name: '`opportunistic_writes = true`',
    lines: ['network_settings = { nagle = false, opportunistic_writes = true }'],
    size: FEW,
  },
  { name: '300 contacts in each roster', lines: [], size: { ...FEW, contacts: 300 } },
  { name: '10 friends who are online in place of one', lines: [], size: { ...FEW, watchers: 10 } },
  { name: '1,500 publishers in turn', lines: [], size: MANY },
  {
    name: '1,500 publishers in turn, `pep_service_cache_size` as Prosody has it (1,000)',
    lines: ['pep_service_cache_size = 1000'],
    size: MANY,
  },
];
