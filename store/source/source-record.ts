import type { FaultCode } from '../../domain/fault.ts';

/** Sources a subscriber may have. */
export const MOST_SOURCES = 8;

/** Why the last read of a source failed, for its owner to read. */
export type SourceProblem = { code: FaultCode; detail: string };

/** A network address book that is linked, or a book that one of the subscriber's clients sends; times in milliseconds since the epoch. */
export type Source = {
  name: string;
  /** As it was linked: an address book, or a server on which to look for one. Empty for a book that is sent. */
  url: string;
  /** The credentials, sealed. */
  credentials: string;
  /** The address book that was found; undefined before the first read. */
  collection: string | undefined;
  /** The state of it that was read last; empty before the first read, as RFC 6578 (section 3.4) asks for everything. */
  syncToken: string;
  /** That state where the server has no such tokens: the ETags of its cards, packed and sealed. */
  etags: string;
  /** When it is to be read next; in the past: now; never: Infinity. */
  next: number;
  lastRead: number | undefined;
  /** Reads that failed since the last one that did not. */
  failures: number;
  problem: SourceProblem | undefined;
};

/** From the fields of the hash `source`; undefined when there is none. */
export function toSource(name: string, fields: Record<string, string>): Source | undefined {
  const { url, credentials, next, code, detail } = fields;
  if (url === undefined || credentials === undefined) return undefined;
  return {
    name,
    url,
    credentials,
    collection: fields.collection,
    syncToken: fields.syncToken ?? '',
    etags: fields.etags ?? '',
    next: Number(next ?? Infinity),
    lastRead: fields.lastRead === undefined ? undefined : Number(fields.lastRead),
    failures: Number(fields.failures ?? 0),
    problem: code === undefined || detail === undefined ? undefined : { code: code as FaultCode, detail },
  };
}
