import type { Stack } from '../../local/stack/stack.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { HOSTILE_BODIES, type HostileBody } from '../../test/support/http/hostile-bodies.ts';
import type { StallWatch } from '../../test/support/stalls/stalls.ts';
import type { Row } from '../report/rows.ts';

/** Milliseconds for which nobody's request may hold the gateway's event loop. */
const GOAL = 50;

/** `refused`: the status of one that shows nothing, as it was not taken. */
export type Stall = { route: string; what: string; held: number; refused: number | undefined };

/** How long hostile uploads hold the gateway's event loop, and for each route the worst of them. */
export async function stalls(stack: Stack, api: Api, watch: StallWatch, say: (line: string) => void): Promise<Row[]> {
  const person = await api.join('+8613400134000');
  // The first of their kind also compile what they run through.
  for (let n = 0; n < 20; n += 1) await api.putBook(person, [{ name: `Bob ${n}`, phoneNumbers: ['+8613900139000'] }]);
  const found: Stall[] = [];
  for (const hostile of HOSTILE_BODIES) found.push(await heldBy(hostile, stack, person, watch, say));
  const worst = worstByRoute(found);
  const refused = found.filter((stall) => stall.refused !== undefined);
  return [
    {
      what: `Longest stall of the event loop under ${HOSTILE_BODIES.length} hostile uploads: ${describe(worst[0] as Stall)}`,
      measured: `${worst[0]?.held.toFixed(0)} ms`,
      goal: `at most ${GOAL} ms`,
      met: (worst[0]?.held ?? 0) <= GOAL,
    },
    ...refused.map((stall) => ({
      what: `${describe(stall)}: refused, so its stall shows nothing`,
      measured: `${stall.refused}`,
      goal: 'taken',
      met: false,
    })),
    ...worst.map((stall) => ({
      what: `The worst of ${describe(stall)}`,
      measured: `${stall.held.toFixed(0)} ms`,
      goal: '',
      met: undefined,
    })),
  ];
}

async function heldBy(
  hostile: HostileBody,
  stack: Stack,
  person: Person,
  watch: StallWatch,
  say: (line: string) => void,
): Promise<Stall> {
  const body = hostile.body?.();
  await watch.longest();
  const status = await send(hostile, stack, person, body);
  const held = await watch.longest();
  const { route, what } = hostile;
  say(`${held.toFixed(0).padStart(6)} ms  ${status}  ${route}: ${what}`);
  const refused = hostile.status === undefined || hostile.status === status ? undefined : status;
  return { route, what, held, refused };
}

/** A server may answer before it has read everything, and end the connection. */
async function send(
  hostile: HostileBody,
  stack: Stack,
  person: Person,
  body: string | Buffer | undefined,
): Promise<number> {
  const [method = 'POST'] = hostile.route.split(' ');
  try {
    const answer = await fetch(stack.gatewayUrl + hostile.path(person), {
      method,
      headers: hostile.headers(person, stack.operatorKey),
      ...(body === undefined ? {} : { body: body as string }),
    });
    await answer.text();
    return answer.status;
  } catch {
    return 0;
  }
}

function worstByRoute(found: readonly Stall[]): Stall[] {
  const worst = new Map<string, Stall>();
  for (const stall of found) if (stall.held > (worst.get(stall.route)?.held ?? -1)) worst.set(stall.route, stall);
  return [...worst.values()].sort((a, b) => b.held - a.held);
}

function describe({ route, what }: Stall): string {
  return `\`${route}\`, ${what}`;
}
