import { Fault } from '../../domain/fault.ts';

const MB = 1024 * 1024;
/** Bytes that all large bodies of a process may hold together until they are stored. */
export const BODY_ROOM = 256 * MB;
/** Bytes that a call holds beside its body: its connection, and what unzips it. */
const EACH_CALL = 64 * 1024;
/** Seconds after which whoever is refused may try again. */
const AGAIN = 5;

/** What one large body holds of a process's memory until its call is over. */
export type Holding = {
  /** So many bytes more. @throws Fault UNAVAILABLE where it has to make room */
  take(bytes: number): void;
  /** What to do when it has to make room while it waits for more; undefined for nothing. */
  onRefusal(refuse: ((fault: Fault) => void) | undefined): void;
  /** Everything has been read: what is only to be stored goes on, and makes no room any more. */
  finish(): void;
  leave(): void;
};

/** `announced`: bytes that are certain to come; `holds`: bytes that it holds at most, where not all is kept. */
export type Entering = { announced: number; holds?: number | undefined };

type Call = {
  caller: string;
  held: number;
  isRead: boolean;
  refusal?: Fault;
  tell?: ((fault: Fault) => void) | undefined;
};

/**
 * The room that all large bodies of a process share (decision 211). Where it is full, the caller
 * who holds most makes room, by its largest body: somebody with one book of an ordinary size is
 * never in the way of those who have many large ones under way, and they are not in the way of
 * anybody. What has arrived counts, not what was announced, so a slow body keeps nobody out.
 * `most`: bytes; `refused`: called for each body that finds no room, or has to make it.
 */
export function createBodyRoom({ most = BODY_ROOM, refused = () => {} }: { most?: number; refused?: () => void } = {}) {
  const calls = new Set<Call>();
  const sums = new Map<string, number>();
  let held = 0;

  const sumOf = (caller: string) => sums.get(caller) ?? 0;
  function add(call: Call, bytes: number): void {
    const sum = sumOf(call.caller) + bytes;
    call.held += bytes;
    held += bytes;
    if (sum > 0) sums.set(call.caller, sum);
    else sums.delete(call.caller);
  }
  function leave(call: Call): void {
    if (calls.delete(call)) add(call, -call.held);
  }
  /** The largest body of the caller who holds most, of those that are still read. */
  function greediest(): Call | undefined {
    let first: Call | undefined;
    for (const call of calls) if (!call.isRead && (!first || isGreedier(call, first))) first = call;
    return first;
  }
  function isGreedier(one: Call, other: Call): boolean {
    return (sumOf(one.caller) - sumOf(other.caller) || one.held - other.held) > 0;
  }
  function makeRoom(): void {
    for (let call = greediest(); held > most && call; call = greediest()) {
      leave(call);
      call.refusal = full();
      call.tell?.(call.refusal);
    }
  }
  /** Whether somebody who holds more than this caller then does would make room for so many bytes. */
  function mayEnter(caller: string, bytes: number): boolean {
    if (held + bytes <= most) return true;
    const other = greediest();
    return other !== undefined && other.caller !== caller && sumOf(other.caller) > sumOf(caller) + bytes;
  }

  function full(): Fault {
    refused();
    return new Fault('UNAVAILABLE', 'Too many large uploads are under way here; send it again in a moment.', AGAIN);
  }

  return {
    /** `caller`: by whom it is fairly shared. @throws Fault UNAVAILABLE where there is no room for it */
    enter(caller: string, { announced, holds }: Entering): Holding {
      const atOnce = Math.max(EACH_CALL, holds ?? 0);
      if (!mayEnter(caller, Math.max(atOnce, holds ?? announced))) throw full();
      const call: Call = { caller, held: 0, isRead: false };
      calls.add(call);
      function take(bytes: number): void {
        if (call.refusal) throw call.refusal;
        if (!calls.has(call)) return;
        add(call, bytes);
        if (held > most) makeRoom();
        if (call.refusal) throw call.refusal;
      }
      take(atOnce);
      return {
        take: holds === undefined ? take : () => take(0),
        onRefusal(refuse) {
          call.tell = refuse;
        },
        finish() {
          call.isRead = true;
        },
        leave: () => leave(call),
      };
    },
    /** Bytes that are held now. */
    held: () => held,
  };
}
