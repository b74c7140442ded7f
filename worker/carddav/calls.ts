import type { SourceCredentials } from '../../domain/book/source.ts';
import type { FaultCode } from '../../domain/fault.ts';
import type { Card, Changes, Listed } from './dav.ts';
import type { Limits } from './session.ts';

/** Of a whole read: also milliseconds for all of it. */
export type ReadLimits = Limits & { whole: number };

/** With what a server is read. `allow`: hosts and networks that may be internal. */
export type Access = {
  url: string;
  credentials: SourceCredentials;
  allow: readonly string[];
  limits: Limits;
};

/**
 * What is asked of the thread that reads servers, and what it answers. `open` begins a
 * session: its `access` holds for every call that follows in it, until `close`.
 */
export type Calls = {
  open: { ask: [access: Access]; answer: undefined };
  find: { ask: [url: string]; answer: string };
  changes: { ask: [collection: string, syncToken: string]; answer: Changes | 'stale' | 'unsupported' };
  listing: { ask: [collection: string]; answer: Listed[] };
  cards: { ask: [collection: string, paths: readonly string[]]; answer: Card[] };
  close: { ask: []; answer: undefined };
};

/** `id`: of this call, which the reply repeats. */
export type Call = { id: number; session: number } & {
  [Op in keyof Calls]: { op: Op; ask: Calls[Op]['ask'] };
}[keyof Calls];

/** What came of the call of that id: what it asked for, or why not. */
export type Reply = { id: number } & ({ answer: unknown } | { code: FaultCode; message: string });
