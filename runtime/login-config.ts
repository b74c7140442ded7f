import { cleanText } from '../domain/text.ts';
import type { Reader } from './env-reader.ts';
import { isSafeUrl } from './safe-url.ts';

/** At most so many in so many milliseconds. */
export type Limit = { most: number; window: number };

/** How a phone proves its number. */
export type VerificationConfig = {
  /** Milliseconds that a code lives. */
  codeLifetime: number;
  /** Codes sent to one number, codes asked for from one address, wrong codes from one address. */
  limits: { number: Limit[]; address: Limit[]; wrong: Limit[] };
  /** Whether codes wait in the outbox, because no webhook sends them. */
  outbox: boolean;
};

/**
 * Somebody who may assert whose line it is. `keys`: https:// of a JWKS, or file:// of a JWKS or of a public key in PEM;
 * `ranges`: what the numbers may begin with, none for every number.
 */
export type AssertionIssuer = { issuer: string; keys: string; ranges: string[] };
export type AssertionConfig = { issuers: AssertionIssuer[]; audience: string };

/** The operator's own way to send a text message. */
export type SmsWebhook = { url: string; secret: Buffer };
export type SmsConfig = { webhook: SmsWebhook | undefined; text: string };

const WEBHOOK = 'EARSHOT_SMS_WEBHOOK_URL';
const LIMITS = /^[1-9]\d{0,5}\/[1-9]\d{0,6}(?:,[1-9]\d{0,5}\/[1-9]\d{0,6}){0,3}$/;
const LIMITS_SHAPE = 'count/seconds, such as 5/300, and several with commas between them';
const RANGE = /^(?:\*|\+[1-9]\d{0,14})$/;
/** Three text messages long. */
const LONGEST_TEXT = 480;

export function verificationConfig(read: Reader): VerificationConfig {
  const limits = (name: string, fallback: string) => toLimits(read.matching(name, LIMITS, LIMITS_SHAPE, fallback));
  return {
    codeLifetime: read.integer('EARSHOT_CODE_SECONDS', 1, 3600, 300) * 1000,
    limits: {
      number: limits('EARSHOT_CODES_PER_NUMBER', '1/120,2/28800'),
      address: limits('EARSHOT_CODES_PER_ADDRESS', '5/300'),
      wrong: limits('EARSHOT_WRONG_CODES_PER_ADDRESS', '16/300'),
    },
    outbox: read.safeUrl(WEBHOOK) === undefined,
  };
}

export function smsConfig(read: Reader): SmsConfig {
  const url = read.safeUrl(WEBHOOK);
  const secret = read.matching(
    'EARSHOT_SMS_WEBHOOK_SECRET',
    /^whsec_(?:[A-Za-z0-9+/]{4}){8,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
    'whsec_ and 24 or more random bytes in base64 (Standard Webhooks)',
    url === undefined ? '' : undefined,
  );
  const text = cleanText(read.text('EARSHOT_SMS_TEXT', '{code} is your code. Nobody needs it but you.'));
  if (!text.includes('{code}') || text.length > LONGEST_TEXT)
    read.faults.push(`EARSHOT_SMS_TEXT must hold {code}, and at most ${LONGEST_TEXT} characters.`);
  return { webhook: url === undefined ? undefined : { url, secret: Buffer.from(secret.slice(6), 'base64') }, text };
}

export function assertionConfig(read: Reader): AssertionConfig {
  const issuers = words(read.text('EARSHOT_ASSERTION_ISSUER', ''));
  const keys = words(read.text('EARSHOT_ASSERTION_JWKS_URL', ''));
  if (issuers.length !== keys.length)
    read.faults.push(
      'EARSHOT_ASSERTION_JWKS_URL must name one place for each of EARSHOT_ASSERTION_ISSUER, in the same order.',
    );
  if (!keys.every((url) => isSafeUrl(url) || url.startsWith('file:///')))
    read.faults.push('EARSHOT_ASSERTION_JWKS_URL must be https://, http:// on this machine, or file:///.');
  const ranges = words(read.text('EARSHOT_ASSERTION_RANGES', '')).map((word) => word.split(','));
  if (ranges.length > 0 && (ranges.length !== issuers.length || !ranges.flat().every((range) => RANGE.test(range))))
    read.faults.push(
      'EARSHOT_ASSERTION_RANGES must have, for each issuer in the same order, prefixes such as +8613,+8615, or *.',
    );
  const audience = read.text('EARSHOT_ASSERTION_AUDIENCE', issuers.length === 0 ? '' : undefined);
  return {
    issuers: issuers.map((issuer, i) => ({
      issuer,
      keys: keys[i] ?? '',
      ranges: (ranges[i] ?? []).filter((range) => range !== '*'),
    })),
    audience,
  };
}

function toLimits(text: string): Limit[] {
  return text.split(',').map((one) => {
    const [most, seconds] = one.split('/').map(Number) as [number, number];
    return { most, window: seconds * 1000 };
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
