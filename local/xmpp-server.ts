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
  /** Creates an account, or gives it a new password when it is there. `jid`: a bare one on the server's domain. */
  makeAccount(jid: string, password: string): Promise<void>;
}
