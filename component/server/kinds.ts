import type { Reader } from '../../runtime/config/env-reader.ts';
import { ejabberd } from './ejabberd/ejabberd.ts';
import type { Adapt, ServerKind } from './kind.ts';
import { prosody } from './prosody/prosody.ts';

/** Every kind of server that Earshot knows; the first that recognises the software is taken. */
const KINDS: readonly ServerKind[] = [ejabberd, prosody];

/** Those kinds, each with its settings. */
export type KnownServers = readonly (Pick<ServerKind, 'recognises'> & { adapt: Adapt })[];

/** What the component has to know beside what every component has. */
export type ServersConfig = { servers: KnownServers };

/** Reads the settings of every kind: which one there is is seen when the component has connected. */
export function readServers(read: Reader): ServersConfig {
  return { servers: KINDS.map((kind) => ({ recognises: kind.recognises, adapt: kind.readSettings(read) })) };
}
