import { type Check, fault, ok } from '../finding.ts';

/** Milliseconds for both events. */
const PATIENCE = 8_000;
/** Milliseconds that lie between two events which did not wait for each other: a gateway sends them a second apart. */
const APART = 500;

/** Whether event streams get through whatever stands between EARSHOT_PUBLIC_URL and the gateway: a proxy that buffers keeps what it should pass on. */
export const eventStream: Check = {
  name: 'event-stream',
  async look({ gateway, needs }) {
    if (!gateway?.publicUrl) return [];
    needs('EARSHOT_PUBLIC_URL');
    const times = await arrivals(`${gateway.publicUrl}/livez/events`);
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    // Whoever does not lead to a gateway has been told of already.
    if (times.length === 0) return [];
    if (last - first >= APART) return ok('event streams get through EARSHOT_PUBLIC_URL');
    return fault(
      'event streams do not get through EARSHOT_PUBLIC_URL: the proxy keeps what it should pass on, and no page or app is told anything. Switch its buffering off for them (nginx: proxy_buffering off, and no proxy_ignore_headers X-Accel-Buffering; Caddy: flush_interval -1)',
    );
  },
};

/** When each piece of the answer came, in milliseconds; none where nothing is answered, or something else. */
async function arrivals(url: string): Promise<number[]> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) });
    const times: number[] = [];
    for await (const _piece of response.body ?? []) times.push(performance.now());
    return response.headers.get('content-type')?.startsWith('text/event-stream') ? times : [];
  } catch {
    return [];
  }
}
