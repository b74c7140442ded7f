import { askNode } from '../../../runtime/redis/redis-node.ts';
import { type Check, type Finding, ok, warning } from '../finding.ts';

/** Pings of which the middle one counts. */
const PINGS = 21;
/** Milliseconds for an answer: a call of the API waits for some ten of them. */
const SLOW = 10;

/** How long Redis takes to answer. */
export const latency: Check = {
  name: 'redis-latency',
  async look(patient) {
    const { nodes } = await patient.opened();
    const found: Finding[] = [];
    for (const url of nodes) found.push(judge(new URL(url).host, await measure(url)));
    return found;
  },
};

/** Milliseconds. */
async function measure(url: string): Promise<number> {
  return askNode(url, async (node) => {
    const times: number[] = [];
    for (let i = 0; i < PINGS; i += 1) {
      const asked = performance.now();
      await node.ping();
      times.push(performance.now() - asked);
    }
    return times.sort((a, b) => a - b)[(PINGS - 1) / 2] ?? 0;
  });
}

export function judge(host: string, time: number): Finding {
  const what = `${host} answers in ${time.toFixed(1)} ms`;
  return time < SLOW
    ? ok(what)
    : warning(
        `${what}, and each call waits for some ten answers: let the processes be near it, and look at SLOWLOG GET`,
      );
}
