import { type Client, createClient, createConfig } from './generated/client/index.js';
import { PATIENT, type Patience, retrying } from './retrying.js';

/** `url`: of the gateway, such as https://earshot.op.example; `token`: a credential or a subscriber's token, or what gives one for each call. */
export type Place = { url: string; token?: string | (() => string | Promise<string>); patience?: Patience };

/** A client for each operation, as `client` in its options: `playTune({ client, path, body })`. Calls are sent again as `retrying` says. */
export function connect({ url, token, patience = PATIENT }: Place): Client {
  return createClient(
    createConfig({
      baseUrl: url,
      ...(token === undefined ? {} : { auth: token }),
      fetch: retrying((request) => fetch(request), patience) as typeof fetch,
    }),
  );
}
