import { type Audience, OPEN, type Privacy } from '../../domain/friendship/privacy.ts';
import { sealAlike, unseal } from '../../runtime/secret/sealing.ts';
import { readJson, readRecord } from '../base/record.ts';

/** The settings, and a version that is new after each change of them or of who is blocked. */
export type PrivacyState = { privacy: Privacy; version: number };

/** A subscriber's settings as fields of the hash `privacy`, and back. */
export type PrivacyFields = ReturnType<typeof createPrivacyFields>;

/**
 * Groups that are chosen as audience are sealed as those in books are, and always the same for the same groups: two settings
 * compare as they are kept. Under another `secretsKey` they are nobody's.
 */
export function createPrivacyFields(secretsKey: Buffer) {
  function sealed(id: string, audience: Audience): string {
    if (typeof audience === 'string') return JSON.stringify(audience);
    return JSON.stringify({ sealed: sealAlike(secretsKey, purposeOf(id), JSON.stringify(audience.groups)) });
  }

  function opened(id: string, text: string): Audience {
    const kept = readJson<Audience | { sealed: string }>(text, 'an audience');
    if (typeof kept === 'string' || 'groups' in kept) return kept;
    return {
      groups: readRecord<string[]>(unseal(secretsKey, purposeOf(id), kept.sealed) ?? '[]', 'the groups of an audience'),
    };
  }

  return {
    /** In this order. */
    of: (id: string, { discoverable, audience, privateUntil }: Privacy) => ({
      discoverable: discoverable ? '1' : '0',
      audience: sealed(id, audience),
      privateUntil: `${privateUntil ?? ''}`,
    }),

    read(id: string, fields: Record<string, string>): PrivacyState {
      const { discoverable, audience, privateUntil, suspended, version } = fields;
      return {
        privacy: {
          discoverable: discoverable !== '0',
          audience: audience ? opened(id, audience) : OPEN.audience,
          privateUntil: privateUntil ? Number(privateUntil) : null,
          ...(suspended ? { suspended: true } : {}),
        },
        version: Number(version ?? 0),
      };
    },
  };
}

function purposeOf(id: string): string {
  return `audience of ${id}`;
}
