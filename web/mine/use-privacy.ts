import { useCallback, useMemo } from 'preact/hooks';
import type { Call } from '../api/call.ts';
import { toProblem } from '../api/problem.ts';
import type { Privacy } from '../api/shapes.ts';
import { usePolled } from '../parts/use-polled.ts';

/** My settings, and how to change some of them. `privacy` is undefined until it is known. */
export type PrivacyControl = {
  privacy: Privacy | undefined;
  change: (wanted: Partial<Privacy>) => Promise<void>;
  refresh: () => Promise<void>;
};

type Read = { privacy: Privacy; etag: string };

/** Another device may change them, too. */
const EVERY = 60_000;

/** The settings, read once a minute while they are seen, and changed one by one. */
export function usePrivacy(call: Call): PrivacyControl {
  const load = useCallback(() => read(call), [call]);
  const { value, setValue, refresh } = usePolled(load, EVERY);
  const change = useCallback(async (wanted: Partial<Privacy>) => setValue(await put(call, wanted)), [call]);
  return useMemo(() => ({ privacy: value?.privacy, change, refresh }), [value, change, refresh]);
}

async function read(call: Call): Promise<Read> {
  return toRead(await call('GET', '/privacy'));
}

/** Changes what is wanted and leaves the rest as it is now, also when another device is changing it at the same moment. */
async function put(call: Call, wanted: Partial<Privacy>): Promise<Read> {
  const { privacy, etag } = await read(call);
  try {
    return await toRead(
      await call('PUT', '/privacy', { body: { ...privacy, ...wanted }, headers: { 'if-match': etag } }),
    );
  } catch (err) {
    if (toProblem(err).status === 412) return put(call, wanted);
    throw err;
  }
}

async function toRead(response: Response): Promise<Read> {
  return { privacy: await response.json(), etag: response.headers.get('etag') ?? '*' };
}
