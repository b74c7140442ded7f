import type { Resource } from '../../domain/account/presence.ts';
import { Fault } from '../../domain/fault.ts';
import type { NodeChange } from '../../domain/friendship/node-access.ts';
import type { RosterItem } from '../../domain/friendship/roster.ts';
import type { Mode } from '../../store/process/status.ts';
import { Denied } from '../stream/denied.ts';
import type { Element } from '../stream/xml.ts';

/**
 * The XMPP server of the home host, by what it lets the component do for its users. A member that is absent is an ability that the server does
 * not have or grant. All JIDs are bare ones of accounts of the host. Everything throws Denied where the server says no, and Fault UNAVAILABLE
 * where it says nothing or the stream is gone.
 */
export interface XmppServer {
  /** What the operator is told: with rosters and nodes, or with neither (decision 74). */
  readonly mode: Mode;
  /** Whether there is never more than one connection for the component's domain: a second one is refused, or ends the first. */
  readonly allowsOne: boolean;
  /** The resource under which the component has to be present as somebody's contact, where the server sends events to none without. */
  readonly appearsAs?: string;
  readonly rosters?: RosterAbility;
  readonly presences?: PresenceAbility;
  readonly nodes?: NodeAbility;
  /** Nothing but what nodes need is needed for it (decision 279). */
  readonly keeps?: KeepAbility;
  readonly vcards?: VcardAbility;
  readonly meetings?: MeetingAbility;
  /** Nothing announces whether the component may use it; it is denied where it may not. */
  readonly accounts: AccountAbility;
  /** There where the server answers before it writes to its disk. */
  readonly lapses?: Lapses;
  /** What Earshot needs for its whole work and the server has not granted. */
  readonly lacks: readonly Lack[];
  /** What the operator must write to grant these. */
  advice(lacking: readonly Ability[]): string;
}

/** What a server may let the component do; see the members of `XmppServer`. */
export type Ability = 'rosters' | 'presences' | 'nodes' | 'vcards' | 'accounts' | 'meetings';

/** `what`: in the operator's words, for `/readyz` and the log. */
export type Lack = { readonly ability: Ability; readonly what: string };

/** Users' rosters. */
export type RosterAbility = {
  /** By JID; undefined when there is no such account. */
  read(jid: string): Promise<Map<string, RosterItem> | undefined>;
  /** `before`: the item as it was read. */
  set(jid: string, item: RosterItem, before: RosterItem | undefined): Promise<void>;
  /** An item that is not there is removed. The other's own roster stays as it is. `before`: the item as it was read. */
  remove(jid: string, itemJid: string, before: RosterItem | undefined): Promise<void>;
};

/** The component is told who of the host's users is online. */
export type PresenceAbility = {
  /** Whether the server names everybody who is online each time the component connects. */
  readonly namesAllAtConnect: boolean;
  /** Where it does not, or does not tell of clients that were cut off: who is online. */
  readonly snapshot?: Snapshot;
};

/** Who is online now, asked of the server. */
export type Snapshot = {
  /** Full JIDs of all clients; of some of them no presence may be known yet. */
  online(): Promise<string[]>;
  /** What the clients of that user say of themselves. */
  clients(jid: string): Promise<Resource[]>;
};

/** PEP nodes of users, in their names (XEP-0163). `node`: its name. */
export type NodeAbility = {
  /** Set where nobody but contacts may read what a node holds: `item` then gives what was published since the connection began, and nothing else. */
  readonly forgetsItems?: true;
  /** Replaces the node's one item. @throws NoAccount */
  publish(jid: string, node: string, payload: Element): Promise<void>;
  /** `<item/>` with its payload: the last one, or the one with that id; undefined when there is none, or no such account. */
  item(jid: string, node: string, id?: string): Promise<Element | undefined>;
  /** XEP-0060, section 4.5; undefined when there is no such node. */
  accessModel(jid: string, node: string): Promise<string | undefined>;
  /** XEP-0060, section 4.1: by JID; of whoever is not named it is `none`. */
  affiliations(jid: string, node: string): Promise<Map<string, string>>;
  /** Changes who may see the node, which is made where it is not there. @throws NoAccount */
  setAccess(jid: string, node: string, changes: readonly NodeChange[]): Promise<void>;
  /** Makes the server tell the component what is published there, by whomever. Done twice it is done once. */
  listen(jid: string, node: string): Promise<void>;
  /** The end of it; in an account that is gone nothing is left to undo. */
  unlisten(jid: string, node: string): Promise<void>;
  /** Gives back the rights that the component has made itself in that node to do the rest; absent where it makes itself none. */
  release?(jid: string, node: string): Promise<void>;
  /**
   * Sends a contact what the node holds, if that contact may see it; absent where the server does so itself whenever the contact
   * appears. False where nobody tells what it holds: whoever knows what was published last is to publish it again.
   */
  showTo?(jid: string, node: string, contact: string): Promise<boolean>;
};

/** Nodes in users' accounts that nobody but their owners and the component may read. `node`: its name. */
export type KeepAbility = {
  /** Writes the item with that id, of sixteen; a node that is not there is made. @throws NoAccount, StanzaError `conflict` where it is there and not private */
  put(jid: string, node: string, id: string, payload: Element): Promise<void>;
  /** The payloads of all its items; none where there is no such node, or no such account. */
  all(jid: string, node: string): Promise<Element[]>;
  /** The node with all its items. False where the server says that it was not deleted: it refuses that, or there is no such account; all is as it was then. */
  drop(jid: string, node: string): Promise<boolean>;
};

/** Users' vCards (XEP-0054). */
export type VcardAbility = {
  read(jid: string): Promise<Element | undefined>;
};

/** The host's accounts. */
export type AccountAbility = {
  exists(jid: string): Promise<boolean>;
  /** The component's own account was there before: where the server finds it no more, it is not believed of others either (decision 206). */
  hadOwn(): void;
  /** Makes one with an empty roster. */
  add(jid: string, password: string): Promise<void>;
  setPassword(jid: string, password: string): Promise<void>;
  /** Ends the sessions of its clients; absent where another password does so. */
  logOut?(jid: string): Promise<void>;
  /** The account with everything in it; one that is not there is gone. */
  remove(jid: string): Promise<void>;
};

/** What two clients are told of each other's presence when their users become friends, or no longer are. */
export type MeetingAbility = {
  /** Makes two new friends see each other's presence and last tune at once. */
  introduce(a: string, b: string): Promise<void>;
  /** The half of that which is done in the name of `jid`, where the other's home is another one. */
  approach(jid: string, other: string): Promise<void>;
  /** Settles when the server has heard what was sent before, which it may not have where the stream breaks. @throws Fault UNAVAILABLE */
  heard(): Promise<void>;
  /**
   * A request of `from` to see the presence of `jid` that was never answered is over: they see each other now. To be called before the item of
   * `from` is set in the roster of `jid`; `before`: that item as it was read.
   */
  settle(jid: string, from: string, before: RosterItem | undefined): Promise<void>;
  /** Tells `jid` that these clients of a former friend are gone. The server then forgets that they wanted its tunes. */
  part(jid: string, clients: readonly string[]): Promise<void>;
};

/**
 * What the server was told before it was last started it may have forgotten, where it was told so
 * within so many milliseconds before it ended.
 */
export type Lapses = {
  readonly within: number;
  /** When it was started, in milliseconds since the epoch: that time or a later one. */
  startedAt(): Promise<number>;
};

/**
 * Something by which the server is asked beside the stream is shut, until the operator does what the message says; it can be tried
 * again at any time. `what`: as of a lack.
 */
export class Shut extends Fault {
  readonly what: string;

  constructor(what: string, advice: string) {
    super('UNAVAILABLE', advice);
    this.what = what;
  }
}

/** The server has no such account, which no retry will mend. */
export class NoAccount extends Denied {
  constructor() {
    super('the server has no such account');
    this.name = 'NoAccount';
  }
}
