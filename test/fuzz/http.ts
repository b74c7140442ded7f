import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { Pool } from 'undici';
import { inParallel } from './in-parallel.ts';
import { readOperations } from './operations.ts';
import { type FuzzRequest, requestOf } from './requests.ts';
import { type Surface, shown } from './surface.ts';
import { undocumented, wrongWith } from './verdict.ts';
import type { World } from './world.ts';

const BATCH = 250;
const LINES = 12;
const MOST_TRIES = 5;
/** Milliseconds. */
const REST = 2_000;

/** Every route of the OpenAPI document, over connections that stay open. */
export function httpSurface(world: World): Surface {
  return {
    name: 'HTTP routes',
    inputs: { nightly: 25_000, brief: 900 },
    async run(count, seed) {
      const operations = await readOperations(world.stack.gatewayUrl);
      const requests = fc.oneof(...operations.map(requestOf));
      const pool = new Pool(world.stack.gatewayUrl, {
        connections: LINES,
        headersTimeout: 30_000,
        bodyTimeout: 30_000,
      });
      const findings: string[] = [];
      const statuses: Record<number, number> = {};
      try {
        for (let done = 0; done < count && findings.length < 10; done += BATCH) {
          await replaceDeparted(world);
          const credentials = await credentialsOf(world);
          const batch = fc.sample(requests, { seed: seed + done, numRuns: Math.min(BATCH, count - done) });
          await inParallel(LINES, batch, async (request) => {
            const { status, wrong } = await sendPatiently(pool, world, credentials, request);
            statuses[status] = (statuses[status] ?? 0) + 1;
            if (wrong !== undefined) findings.push(`${wrong} to ${shown(request)}`);
          });
        }
      } finally {
        await pool.destroy();
      }
      return {
        findings,
        note: Object.entries(statuses)
          .map(([status, n]) => `${status}: ${n}`)
          .join(', '),
      };
    },
  };
}

/** Some requests delete a subscriber; the next ones shall find one again. */
async function replaceDeparted({ api, people }: World): Promise<void> {
  for (const [i, { id }] of people.entries())
    if ((await api.call('GET', `/v1/subscribers/${id}`)).status !== 200) people[i] = await api.join(nextNumber());
}

let numbers = 0;

/** Outside the range that the examples of the API's document lead into. */
function nextNumber(): string {
  numbers += 1;
  return `+8613500${`${numbers}`.padStart(6, '0')}`;
}

/** What stands in Authorization, by `who`: mostly the operator, sometimes a subscriber, a carrier with little, or nonsense. */
async function credentialsOf({ stack, api, people }: World): Promise<string[]> {
  const { body } = await api.call('POST', '/v1/credentials', {
    name: 'Fuzz',
    scopes: ['subscribers:read'],
    ranges: ['+86'],
  });
  return [
    ...Array.from({ length: 60 }, () => `Bearer ${stack.operatorKey}`),
    ...people.flatMap(({ token }) => Array.from({ length: 10 }, () => `Bearer ${token}`)),
    ...[
      `Bearer ${body.key}`,
      `bearer ${body.key} `,
      'Bearer',
      'Bearer ',
      'Basic Og==',
      'Bearer a.b.c',
      'Bearer esk_',
      '',
      'DPoP x',
    ],
    `Bearer ${'x'.repeat(9_000)}`,
  ];
}

type Verdict = { status: number; wrong: string | undefined };

/**
 * Of a machine that is busy: what the gateway has no time for now counts only if it never has. It says so, or breaks off an export
 * that has begun.
 */
async function sendPatiently(...[pool, world, credentials, request]: Parameters<typeof send>): Promise<Verdict> {
  for (let tries = 1; ; tries += 1) {
    const verdict = await send(pool, world, credentials, request);
    if (![0, 503].includes(verdict.status) || tries === MOST_TRIES) return verdict;
    await delay(REST);
  }
}

async function send(
  pool: Pool,
  { people }: World,
  credentials: string[],
  { method, path, who, headers, body, statuses }: FuzzRequest,
): Promise<Verdict> {
  const place = path.replace(/\$(\d)/, (_, n) => people[Number(n) % people.length]?.id ?? '');
  try {
    const answer = await pool.request({
      method: method as 'GET',
      path: place,
      headers: { authorization: credentials[who], ...headers },
      body: body ?? null,
    });
    const type = `${answer.headers['content-type'] ?? ''}`;
    const { statusCode: status } = answer;
    if (type.startsWith('text/event-stream')) {
      answer.body.on('error', () => {}).destroy();
      return { status, wrong: undefined };
    }
    const text = await Promise.race([answer.body.text(), delay(30_000, undefined, { ref: false })]);
    if (text === undefined) return { status, wrong: 'no end of the answer' };
    return { status, wrong: wrongWith({ status, type, text }, method, path) ?? undocumented(status, statuses) };
  } catch (err) {
    return { status: 0, wrong: `no answer (${(err as Error).message})` };
  }
}
