import type { Static } from 'typebox';
import { type Grant, mayActFor } from '../../domain/access/grant.ts';
import { Fault } from '../../domain/fault.ts';
import type { Audience, Privacy } from '../../domain/friendship/privacy.ts';
import { readMoment } from '../../domain/moment.ts';
import { cleanText } from '../../domain/text.ts';
import { type BlockedPerson, blockedPeople } from '../../service/friendship/blocked-people.ts';
import type { Blocked } from '../../store/friendship/privacy.ts';
import type { PrivacyState } from '../../store/friendship/privacy-fields.ts';
import type { Context } from '../context.ts';
import type { PrivacyBody, PrivacyView } from '../schemas/privacy.ts';

type Body = Static<typeof PrivacyBody>;

/** @throws Fault INVALID_ARGUMENT */
export function toPrivacy({ discoverable, audience, privateUntil }: Body): Privacy {
  return {
    discoverable,
    audience: toAudience(audience),
    privateUntil: privateUntil === null ? null : toTime(privateUntil),
  };
}

function toAudience(audience: Body['audience']): Audience {
  if (typeof audience === 'string') return audience;
  // As the names of groups are cleaned in books.
  return { groups: [...new Set(audience.groups.map(cleanText))].sort() };
}

function toTime(text: string): number {
  const time = readMoment(text);
  if (time === undefined)
    throw new Fault('INVALID_ARGUMENT', 'privateUntil must be null or a time such as 2026-11-22T20:00:00Z.');
  return time;
}

/** The settings as their owner sees them, and a carrier without numbers outside its ranges; a private session that is over is none. */
export async function privacyView(
  { config, now }: Pick<Context, 'config' | 'now'>,
  grant: Pick<Grant, 'ranges'>,
  id: string,
  { privacy }: PrivacyState,
  blocked: readonly Blocked[],
): Promise<Static<typeof PrivacyView>> {
  const { discoverable, audience, privateUntil } = privacy;
  return {
    discoverable,
    audience: typeof audience === 'string' ? audience : { groups: [...audience.groups] },
    privateUntil: privateUntil !== null && privateUntil > now() ? new Date(privateUntil).toISOString() : null,
    blocked: (await blockedPeople(config.secretsKey, id, blocked)).filter((one) => isShown(grant, one)),
  };
}

/** Blocked numbers outside the ranges, which a carrier neither sees nor changes. */
export async function unseenBlocked(
  { config }: Pick<Context, 'config'>,
  grant: Pick<Grant, 'ranges'>,
  id: string,
  blocked: readonly Blocked[],
): Promise<BlockedPerson[]> {
  return (await blockedPeople(config.secretsKey, id, blocked)).filter((one) => !isShown(grant, one));
}

function isShown(grant: Pick<Grant, 'ranges'>, one: BlockedPerson): boolean {
  return 'subscriberId' in one || mayActFor(grant, one.phoneNumber);
}
