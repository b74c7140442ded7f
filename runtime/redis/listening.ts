/** Called for each message. */
export type Hear = (message: string, channel: string) => void;

/** A connection for subscriptions alone, to a single Redis or to a cluster. A reader is called once for each message, however often it was given. */
export type Listening = {
  /** Resolved when it is heard. */
  subscribe(channels: string | string[], hear: Hear): Promise<unknown>;
  /** Channels that belong to a slot. */
  sSubscribe(channels: string | string[], hear: Hear): Promise<unknown>;
  unsubscribe(channels: string | string[], hear: Hear): Promise<unknown>;
  sUnsubscribe(channels: string | string[], hear: Hear): Promise<unknown>;
  /**
   * `reconnecting`: something is no longer heard. `ready`: it is again, or of a cluster some of it, and what was told meanwhile may have been missed.
   */
  on(event: 'ready' | 'reconnecting', told: () => void): unknown;
  off(event: 'ready' | 'reconnecting', told: () => void): unknown;
  destroy(): void;
};
