import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A port that leads to another, as a network or a carrier's virtual address does. */
export type Relay = {
  port: number;
  /** Where connections lead that come from now on. */
  leadTo(port: number): void;
  /** Every connection breaks. */
  cut(): void;
  /** What is sent meanwhile, either way, arrives by so many milliseconds later, or twice as many. */
  whileSlow(milliseconds: number, act: () => Promise<unknown>): Promise<void>;
  /** What is sent meanwhile arrives afterwards, and so does the end of a connection. */
  whileSilent(act: () => Promise<unknown>): Promise<void>;
  close(): void;
};

/** On loopback, both ways, until it is closed; `to`: a port. */
export async function startRelay(to: number): Promise<Relay> {
  const open = new Set<Socket>();
  let [target, late] = [to, 0];
  let silence: Promise<unknown> = Promise.resolve();

  function join(near: Socket): void {
    const far = connect({ host: '127.0.0.1', port: target, noDelay: true, allowHalfOpen: true });
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('close', () => open.delete(from)).on('error', () => {});
      pass(from, into).catch(() => into.resetAndDestroy());
    }
  }

  async function pass(from: Socket, into: Socket): Promise<void> {
    for await (const piece of from) {
      if (late > 0) await sleep(late);
      await silence;
      if (!into.write(piece)) await once(into, 'drain');
    }
    await silence;
    into.end();
  }

  const server = createServer({ noDelay: true, allowHalfOpen: true }, join);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port) {
      target = port;
    },
    cut() {
      for (const socket of open) socket.resetAndDestroy();
    },
    async whileSlow(milliseconds, act) {
      late = milliseconds;
      await act();
      late = 0;
    },
    async whileSilent(act) {
      silence = act();
      await silence;
    },
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
