import type { Child } from './children/child.ts';

/** Where a private XMPP server keeps its files and listens. */
export interface ServerOptions {
  /** Its folder, made when missing (mode 0700). Accounts and rosters of an earlier run are found again, however that ended. */
  dir: string;
  componentSecret: string;
  /** Default `op.example`. */
  domain?: string;
  /** Default `tune.` and the domain. */
  componentDomain?: string;
  /** Whether clients may, and need not, encrypt (STARTTLS), with a certificate of the server's own; default not. */
  tls?: boolean;
  /** Any free port when left out. */
  c2sPort?: number;
  /** Any free port when left out. */
  componentPort?: number;
  /** Where the server's HTTP API listens, of a kind whose component needs one. Any free port when left out. */
  apiPort?: number;
  /** What opens that; a new one when left out. */
  apiPassword?: string;
}

/** A running private XMPP server, of whatever kind: clients and the component can connect. */
export interface XmppServer extends Child {
  dir: string;
  domain: string;
  c2sPort: number;
  componentDomain: string;
  componentPort: number;
  componentSecret: string;
  /** With which clients may encrypt: a file in PEM. */
  certificate: string | undefined;
  /** Creates an account, or gives it a new password when it is there. `jid`: a bare one on the server's domain. */
  makeAccount(jid: string, password: string): Promise<void>;
}

/** What decides a server's HTTP API before it is started. */
export type ApiPlace = Pick<Required<ServerOptions>, 'domain' | 'apiPort' | 'apiPassword'>;

/** One kind of XMPP server that can be started. `Own`: in what one may differ from the usual; for tests. */
export interface ServerKind<Own extends { privileges?: object } = object> {
  /** What messages call it. */
  title: string;
  start(options: ServerOptions & Own): Promise<XmppServer>;
  /** What the processes of Earshot are told of a server that is started with these options, beside where the component connects. */
  env(options: ApiPlace): Record<string, string>;
  /** Settings of `npm start` by which the program is found, and which are no process's. */
  ownSettings: readonly string[];
  /** All that such a server can grant the component, and Earshot needs. */
  allPrivileges: NonNullable<Own['privileges']>;
  /** Of the program that would be started, where tests have to know. */
  version?(): string;
}
