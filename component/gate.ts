import type { ComponentConfig } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import type { QueueName, Queues, QueueWorker } from '../runtime/queues.ts';
import type { Status } from '../store/status.ts';
import { missingRights, privilegeAdvice, type Rights, readRights } from './privileges.ts';
import type { Stream } from './stream.ts';
import type { Element } from './xml.ts';

export type Gate = {
  /** A message from the server; the one that lists the rights opens the gate. */
  receive(message: Element): void;
  status(): Status;
};

/** Milliseconds after the handshake in which the server says what the component may do. */
const RIGHTS_DUE = 5_000;
const NO_RIGHTS: Rights = new Map();

/** Lets the jobs run only while the stream is up and the server has granted what they need. */
export function createGate(
  stream: Stream,
  config: ComponentConfig,
  queues: Queues,
  workers: ReadonlyMap<QueueName, QueueWorker>,
  log: Log,
): Gate {
  let missing = ['the connection to the XMPP server'];
  let rightsKnown = false;
  let due: NodeJS.Timeout | undefined;

  function judge(rights: Rights): void {
    clearTimeout(due);
    rightsKnown = true;
    missing = missingRights(rights).map((right) => `the right ${right} on ${config.homeHost} (XEP-0356)`);
    if (missing.length === 0) open();
    else {
      close();
      log.error({ missing }, privilegeAdvice(rights, config.homeHost, config.domain));
    }
  }

  function open(): void {
    log.info('connected, with every right');
    for (const [queue, worker] of workers) {
      if (worker.isPaused()) worker.resume();
      else if (!worker.isRunning())
        void worker.run().catch((err: unknown) => log.error({ err, queue }, 'queue worker ended'));
      void queues.retryNow(queue).catch((err: unknown) => log.warn({ err, queue }, 'waiting jobs not brought forward'));
    }
  }

  function close(): void {
    // What is in flight fails by itself and is tried again; nobody has to wait for it.
    for (const worker of workers.values()) if (worker.isRunning()) void worker.pause(true);
  }

  stream.onOnline(() => {
    // The rights can come in the same packet as the handshake's answer, and so be known already.
    if (rightsKnown) return;
    missing = ['the rights that the XMPP server should announce (XEP-0356)'];
    due = setTimeout(() => judge(NO_RIGHTS), RIGHTS_DUE);
  });
  stream.onOffline(() => {
    clearTimeout(due);
    rightsKnown = false;
    missing = ['the connection to the XMPP server'];
    close();
  });
  stream.onStreamError((condition) => {
    if (condition === 'invalid-from')
      log.error(
        `New friends see each other only at their next presence change: add validate_from_addresses = false to Component "${config.domain}" in prosody.cfg.lua.`,
      );
    if (condition === 'conflict') log.warn('Another component is connected for this domain; this one stands by.');
  });

  return {
    receive(message) {
      const rights = readRights(message, config.homeHost);
      if (rights) judge(rights);
    },
    status: () => ({ ready: missing.length === 0, missing }),
  };
}
