import { Fault } from '../../domain/fault.ts';
import type { Stream } from '../stream/stream.ts';

/** One write. `isKept`: reads back what it has made. `undo`: takes away what something else was made of. */
export type FirstWrite = { send(): Promise<void>; isKept(): Promise<boolean>; undo?(): Promise<void> };

/** The writes of one ability. A server may do one of a kind as told and one of another kind not, so each kind is tried by itself. */
export type FirstWrites = {
  write(kind: string, one: FirstWrite): Promise<void>;
  /** A write of a kind that needs no trial. */
  writeUntried(send: () => Promise<void>): Promise<void>;
};

/** What was seen of the server since it was connected to. */
type Seen = { kept: Set<string>; trials: Map<string, Promise<void>>; broken: boolean };

/**
 * Some servers answer that they have done what they were told, and store something else (decision
 * 118). So after each connection the first write of each kind is read back. Others of its kind wait
 * meanwhile, where what they could do wrong lasts (`othersWait`), and otherwise are read back as well,
 * as an account that does not answer must keep nobody else waiting. If something else is stored it is tried once more: the user's client may have written in
 * between. If that fails too, `onBrokenWord` is called, and every write is refused with Fault
 * UNAVAILABLE until the next connection.
 */
export function createFirstWrites(
  stream: Pick<Stream, 'onOffline'>,
  onBrokenWord: () => void,
  { othersWait }: { othersWait: boolean },
): FirstWrites {
  let seen = nothingSeen();
  stream.onOffline(() => {
    seen = nothingSeen();
  });

  async function write(kind: string, one: FirstWrite): Promise<void> {
    const now = seen;
    for (;;) {
      if (now.broken) throw brokenWord();
      if (now.kept.has(kind)) return one.send();
      const trial = othersWait && now.trials.get(kind);
      if (!trial) break;
      await trial.catch(() => {});
    }
    const trial = tryOut(kind, one, now).finally(() => now.trials.delete(kind));
    now.trials.set(kind, trial);
    return trial;
  }

  async function tryOut(kind: string, one: FirstWrite, now: Seen): Promise<void> {
    for (let time = 0; time < 2; time += 1) {
      await one.send();
      if (await one.isKept()) return void now.kept.add(kind);
    }
    now.broken = true;
    onBrokenWord();
    await one.undo?.().catch(() => {});
    throw brokenWord();
  }

  return {
    write,
    writeUntried: (send) => (seen.broken ? Promise.reject(brokenWord()) : send()),
  };
}

function nothingSeen(): Seen {
  return { kept: new Set(), trials: new Map(), broken: false };
}

/** Thrown where the server has broken its word. */
export class BrokenWord extends Fault {}

function brokenWord(): BrokenWord {
  return new BrokenWord('UNAVAILABLE', 'The XMPP server does not store what it is told to.');
}
