import { randomBytes } from 'node:crypto';
import { newStamp } from '../../store/base/marks.ts';
import type { Context } from '../context.ts';
import { type OwnPlace, ownAccount } from '../server/own-account.ts';
import type { KeepAbility, XmppServer } from '../server/server.ts';
import { Denied } from '../stream/denied.ts';
import { xml } from '../stream/xml.ts';

/** The node in the component's own account, and the namespace of its payload. */
const NODE = 'urn:earshot:stamp:1';
const ITEM = 'current';
/** In the same account, and gone at once: whether the server makes such nodes, and keeps what they are told. */
const TRIAL = 'urn:earshot:trial:0';

/**
 * What the two sides know of each other: `same` as ever; `first`: the server has no stamp yet; `lost`: it has none, and had one;
 * `apart`: one of the two was put back to an earlier state. `none`: no account or no private node can be made
 * for it; `untrue`: the server says that such a node holds what it does not hold.
 */
export type Comparison = 'same' | 'first' | 'lost' | 'apart' | 'none' | 'untrue';

/** The server, as far as a stamp is written there. */
export type Stamped = Pick<XmppServer, 'lapses'> & { keeps: KeepAbility };
type Server = Pick<XmppServer, 'accounts'> & Pick<Stamped, 'keeps'>;

/** What was found; `held`: the stamp that the server has, if any. */
export type Compared = { found: Comparison; held?: string };

/** Compares the stamp that the server has with the one in Redis (decision 279). */
export async function compareStamps(
  { stores }: Pick<Context, 'stores'>,
  place: OwnPlace,
  { accounts, keeps }: Server,
): Promise<Compared> {
  const jid = ownAccount(place);
  const hadStamp = await stores.serverStamps.hasAny(place.homeHost);
  if (hadStamp) accounts.hadOwn();
  try {
    if (!(await accounts.exists(jid))) {
      await accounts.add(jid, randomBytes(24).toString('base64url'));
      // By the one that is found the server is believed of all others.
      await accounts.exists(jid);
    }
    // Another component may have tried the same node.
    if (!(await isKept(keeps, jid)) && !(await isKept(keeps, jid))) return { found: 'untrue' };
    const [item] = await keeps.all(jid, NODE);
    if (!item) return { found: hadStamp ? 'lost' : 'first' };
    const held = item.getText();
    return { found: (await stores.serverStamps.has(place.homeHost, held)) ? 'same' : 'apart', held };
  } catch (err) {
    if (err instanceof Denied) return { found: 'none' };
    throw err;
  }
}

/** Whether the server does with a private node what it says. One that it says not to delete may stay: of the stamp's nothing is ever deleted. */
async function isKept(keeps: KeepAbility, jid: string): Promise<boolean> {
  await keeps.put(jid, TRIAL, ITEM, xml('trial', { xmlns: TRIAL }));
  const held = await keeps.all(jid, TRIAL);
  const gone = await keeps.drop(jid, TRIAL);
  return held.length === 1 && (!gone || (await keeps.all(jid, TRIAL)).length === 0);
}

/**
 * Gives both sides a new one, and returns it. `held`: the one that the server has, where Redis must
 * know of it. Undefined where it does not, or of the new one no more: Redis was put back meanwhile. `given`: called when the
 * server has the new one, and before Redis forgets the others.
 */
export async function renewStamp(
  { stores, now }: Pick<Context, 'stores' | 'now'>,
  place: OwnPlace,
  { keeps, lapses }: Stamped,
  held?: string,
  given: (stamp: string) => void = () => {},
): Promise<string | undefined> {
  const at = now();
  const stamp = `${at} ${newStamp()}`;
  if (!(await stores.serverStamps.begin(place.homeHost, stamp, held))) return undefined;
  await keeps.put(ownAccount(place), NODE, ITEM, xml('stamp', { xmlns: NODE }, stamp));
  given(stamp);
  // While this is not noted Redis knows of both.
  const settled = await stores.serverStamps.settle(place.homeHost, stamp, lapses && at - lapses.within);
  return settled ? stamp : undefined;
}
