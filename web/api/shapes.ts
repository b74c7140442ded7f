/** What the HTTP API answers, as far as the page uses it. Times are RFC 3339. */

/** What plays: a piece, since when, and until when that holds if nothing more is heard. */
export type Tune = {
  kind: 'audio' | 'video';
  title: string;
  artist?: string;
  source?: string;
  /** Seconds. */
  length?: number;
  uri?: string;
  since: string;
  expiresAt: string;
};

/**
 * One of the own devices' tunes. `shared`: friends are shown it. `player`: the program that said
 * so, where one did.
 */
export type OwnTune = Tune & { device: string; player?: string; shared: boolean };

/** What a friend's XMPP clients say together; `busy`: do not disturb. */
export type Availability = 'online' | 'away' | 'busy' | 'offline';

/** A friend as the own address book names it. */
export type Friend = {
  subscriberId: string;
  name: string;
  phoneNumber: string | null;
  jid: string;
  availability: Availability;
  /** The signature. */
  status: string | null;
  /** A path of the API, from the root. */
  avatar: string | null;
  nowPlaying: Tune | null;
};

/** A piece, and how many friends have played it within seven days. */
export type Popular = {
  kind: 'audio' | 'video';
  title: string;
  artist?: string;
  uri?: string;
  friends: number;
};

/** Who may see what plays; `groups`: of the own address book. */
export type Audience = 'friends' | 'nobody' | { groups: string[] };

/** The settings, as `GET` and `PUT …/privacy` have them. `blocked` is given back as it came. */
export type Privacy = {
  discoverable: boolean;
  audience: Audience;
  privateUntil: string | null;
  blocked: unknown[];
};

/** A contact that was left out: its place in the file, from 0, and why. */
export type Rejected = { index: number; detail: string };

/** What was stored of a book. */
export type BookAccepted = { version: number; contacts: number; rejected: Rejected[] };

/**
 * `matched`: contacts who are friends; `waiting`: numbers that the budget cannot pay for yet;
 * `reconciling`: friends are still being found.
 */
export type BookState = {
  contacts: number;
  matched: number;
  waiting: number;
  state: 'current' | 'reconciling';
};

/** A network address book (CardDAV) that is linked. */
export type Source = {
  name: string;
  url: string;
  state: 'reading' | 'current' | 'failing';
  contacts: number;
  lastReadAt?: string;
  problem?: { code: string; detail: string };
};

/** Where somebody is signed in: a token, whose value is shown only when it is made. `current`: the one that asks. */
export type Device = {
  tokenId: string;
  deviceName: string | null;
  createdAt: string;
  lastUsedAt: string | null;
  current: boolean;
};

/** A password for a music player. */
export type PlayerPassword = { applicationPasswordId: string; name: string; createdAt: string };

/** The same when it is made: the one time that the password is shown. */
export type NewPlayerPassword = PlayerPassword & { username: string; password: string; webhookPath: string };

/** Who is signed in. */
export type Profile = { displayName: string; phoneNumber: string; jid: string };

/** What a proven number opens. `password`: of an XMPP account that was made just now. */
export type Login = { token: string; jid: string; password?: string };

/**
 * What the operator has set. `name`: of the service; `searchUrl`: where a piece can be looked up,
 * with `{title}` and `{artist}`.
 */
export type PageSettings = { name: string; searchUrl?: string };
