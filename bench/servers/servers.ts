import { join } from 'node:path';
import { NO_LIMITS } from '../../test/support/stalls/stalls.ts';
import { onStack } from '../on-stack.ts';
import { takeover } from '../parts/takeover.ts';
import { PLAN } from '../plan.ts';
import type { Chapter } from '../report/chapters.ts';
import type { Machine } from '../report/machine.ts';
import { table } from '../report/markdown.ts';
import { type Row, rowTable } from '../report/rows.ts';
import type { ServersDeps } from './deps.ts';
import { onCluster } from './on-cluster.ts';
import { onEjabberd } from './on-ejabberd.ts';
import { HOMES, twoHomes } from './two-homes.ts';

export const EJABBERD_CHAPTER = 'Tunes on ejabberd';
export const SERVERS_CHAPTER = 'Two homes, and a Redis Cluster';

const ON_EJABBERD = `Written by \`npm run bench -- ejabberd\`. As on Prosody: ${PLAN.publishers} subscribers publish, each with one friend, and ${PLAN.friends} clients are logged in as those friends. The publishers are online, as ejabberd sends friends nothing of who is away. ${PLAN.rounds} rounds of ejabberd alone, to which a bare component sends the same tunes, of the same with what has to be asked of ejabberd beside each, and of Earshot on it in turn; a round is compared with those before it. The latencies are measured at ${PLAN.load.quiet * 100} % and ${PLAN.load.half * 100} % of the rate that ejabberd alone has reached. A tune goes out when the last one of its publisher has arrived: one that is replaced before it was shown is shown to nobody. At half of what goes through Earshot: both sides once more, at half of the rate that Earshot has reached. Takeover: as in the chapter of promises, on the system’s ejabberd.`;

const WHY =
  'ejabberd alone leaves nearly half of two cores idle, as one Erlang process works off all that a component sends: it reads the stanza, stores the item and sends it on. Through Earshot they are used up: its three processes, Redis, ejabberd and the load share them, so that on such a machine the ratio says how much processor time a tune takes in all, and a row of each version how much it may take for 0.9. What Earshot has ejabberd do beyond the publish is one question, whether the publisher is online, as ejabberd says nothing of clients whose connection breaks, and sends contacts nothing of who is away; the event of its own publish comes to the bare component as well. So the bare component publishes once more and asks the same beside each tune, and the row behind says what is left of that through Earshot ([decision 328](decisions/0328-what-has-to-be-asked-of-ejabberd-has-a-row.md)). On 24.12 the question goes over the stream, to that same Erlang process. 23.01 can be asked over its HTTP API alone, a request for each tune over connections that are kept: that is most of what ejabberd and the component take more there. Requests are under way side by side, so that its rate, too, is what the processors have.';

const METHOD = `Written by \`npm run bench -- servers\`. Two homes: two stacks beside each other, of which one has all its ${HOMES.publishers} publishers at one home and the other half of them at a second home on the same Prosody, with a component of its own; each in turn publishes ${HOMES.rate} tunes a second, ${HOMES.rounds} times, and counted is the processor time of gateway, components, worker and Redis, which is also read while nothing plays for ${HOMES.idle / 1_000} s: one more component is one more process that looks whether something is due. Cluster: three masters without replicas on this machine, with the slots that \`redis-cli --cluster create\` deals them; counted are \`total_commands_processed\` of each.`;

/** Earshot beside a bare component on ejabberd. */
export async function ejabberd(deps: ServersDeps, machine: Machine): Promise<Chapter> {
  const rows = [...(await onEjabberd(deps)), ...(await takeoverOnEjabberd(deps))];
  return chapterOf(EJABBERD_CHAPTER, ON_EJABBERD, rows, machine, WHY);
}

/** On the system's ejabberd, which accepts two components of one name (decision 190), and goes on sending half of everything to one that hangs. */
function takeoverOnEjabberd({ folder, signal, say }: ServersDeps): Promise<Row[]> {
  const place = { dataDir: join(folder, 'takeover-ejabberd'), server: 'ejabberd', env: NO_LIMITS, signal } as const;
  return onStack(place, (stack) => takeover(stack, folder, say, { where: 'ejabberd: ', hangs: false }));
}

/** What other places than one home and one Redis cost. */
export async function servers(deps: ServersDeps, machine: Machine): Promise<Chapter> {
  return chapterOf(SERVERS_CHAPTER, METHOD, [...(await twoHomes(deps)), ...(await onCluster(deps))], machine);
}

function chapterOf(title: string, method: string, rows: readonly Row[], machine: Machine, ...more: string[]): Chapter {
  return { title, text: [method, rowTable(rows), ...more, table(['', ''], machine)].join('\n\n') };
}
