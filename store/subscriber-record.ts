/**
 * `pending`: its XMPP account is being made; `leaving`: what Earshot did for it is being undone. Both are nobody to
 * the outside.
 */
export type SubscriberState = 'pending' | 'active' | 'leaving';

export type Subscriber = {
  id: string;
  phoneNumber: string;
  /** The keyed hash of the number. */
  numberKey: string;
  jid: string;
  displayName: string;
  state: SubscriberState;
};

/** From the fields of the hash `subscriber`; undefined when there is none. */
export function toSubscriber(id: string, fields: Record<string, string>): Subscriber | undefined {
  const { phoneNumber, numberKey, jid, displayName, state } = fields;
  if (!phoneNumber || !numberKey || !jid || !state) return undefined;
  return { id, phoneNumber, numberKey, jid, displayName: displayName ?? '', state: state as SubscriberState };
}
