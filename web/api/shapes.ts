/** What the HTTP API answers, as far as the page uses it. Times are RFC 3339. */

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

export type OwnTune = Tune & { device: string; player?: string; shared: boolean };

export type Availability = 'online' | 'away' | 'busy' | 'offline';

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

export type Popular = {
  kind: 'audio' | 'video';
  title: string;
  artist?: string;
  uri?: string;
  friends: number;
};

export type Audience = 'friends' | 'nobody' | { groups: string[] };

export type Privacy = {
  discoverable: boolean;
  audience: Audience;
  privateUntil: string | null;
  blocked: unknown[];
};

export type Rejected = { index: number; reason: string };

export type BookAccepted = { version: number; contacts: number; rejected: Rejected[] };

export type BookState = {
  contacts: number;
  matched: number;
  waiting: number;
  state: 'current' | 'reconciling';
};

export type Source = {
  name: string;
  url: string;
  state: 'reading' | 'current' | 'failing';
  contacts: number;
  lastReadAt?: string;
  problem?: { code: string; detail: string };
};

export type Device = {
  tokenId: string;
  deviceName: string | null;
  createdAt: string;
  lastUsedAt: string | null;
  current: boolean;
};

export type PlayerPassword = { applicationPasswordId: string; name: string; createdAt: string };

export type NewPlayerPassword = PlayerPassword & { userName: string; password: string; webhookPath: string };

export type Profile = { displayName: string; phoneNumber: string; jid: string };

export type Login = { token: string; jid: string; password?: string };

export type PageSettings = { name: string; searchUrl?: string };
