import { type Relay, startRelay } from '../support/relay.ts';
import { startOwnStack, type TestStack, type TestStackOptions } from '../support/servers/own-stack.ts';

/** By the part to which they lead: what the processes' connections to it go through. */
export type Network = Readonly<Record<'redis' | 'server', Relay>>;

/** A whole Earshot whose processes find Redis and the XMPP server at other ports, which lead there. */
export async function startBehindRelays(options: TestStackOptions): Promise<{ stack: TestStack; network: Network }> {
  const relays: Partial<Record<keyof Network, Relay>> = {};
  const stack = await startOwnStack({
    ...options,
    async relay(part, port) {
      const relay = await startRelay(port);
      relays[part] = relay;
      return relay.port;
    },
  });
  return { stack, network: relays as Network };
}
