import type { FaultCode } from '../../domain/fault.ts';
import type { Card, Changes } from './dav.ts';

/** Milliseconds for one request, bytes of one answer. */
export type Limits = { timeout: number; largest: number };

/** With what a server is read. `allow`: hosts and networks that may be internal. */
export type Access = {
  url: string;
  authorization: string | undefined;
  allow: readonly string[];
  limits: Limits;
};

/** What is asked of the thread that reads servers, and what it answers. `open` is for all that follow. */
export type Calls = {
  open: { ask: [access: Access]; answer: undefined };
  find: { ask: [url: string]; answer: string };
  changes: { ask: [collection: string, syncToken: string]; answer: Changes | 'stale' };
  cards: { ask: [collection: string, paths: readonly string[]]; answer: Card[] };
};

export type Call = { [Op in keyof Calls]: { op: Op; ask: Calls[Op]['ask'] } }[keyof Calls];
export type Reply = { answer: unknown } | { code: FaultCode; message: string };
