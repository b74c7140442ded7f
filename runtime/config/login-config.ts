import { isLineCountry, LINE_TYPES, type LineType } from '../../domain/phone/line.ts';
import { cleanText } from '../../domain/text.ts';
import { hasCredentials, isSafeUrl } from '../safe-url.ts';
import type { Reader } from './env-reader.ts';

/** At most so many in so many milliseconds. */
export type Limit = { most: number; window: number };

/** How a phone proves its number. */
export type VerificationConfig = {
  /** Milliseconds that a code lives. */
  codeLifetime: number;
  limits: CodeLimits;
  lines: Lines;
  /** Whether codes wait in the outbox, because no webhook sends them. */
  outbox: boolean;
};

/** To which lines codes are sent. `countries`: also `*`, which is every country and not `001`. */
export type Lines = { types: readonly LineType[]; countries: readonly string[] };

/** How many codes are sent, and how many wrong ones are borne. `address`: an XMPP account, where it is one that asks. */
export type CodeLimits = {
  /** To one number for one address, and for all addresses together. */
  pair: Limit[];
  number: Limit[];
  /** For one address, and for one IPv6 /48. */
  address: Limit[];
  site: Limit[];
  /** To one country, and to all. */
  country: Limit[];
  total: Limit[];
  /** Wrong codes from one address. */
  wrong: Limit[];
};

/**
 * Somebody who may assert whose line it is. `keys`: https:// of a JWKS, or file:// of a JWKS or of a public key in PEM;
 * `ranges`: what the numbers may begin with, none for every number.
 */
export type AssertionIssuer = { issuer: string; keys: string; ranges: string[] };

/** `audience`: for whom an assertion must be made (`aud`); empty where there are no issuers. */
export type AssertionConfig = { issuers: AssertionIssuer[]; audience: string };

/** The operator's own way to send a text message. */
export type SmsWebhook = { url: string; secret: Buffer };

/** `webhook`: undefined where codes wait in the outbox; `text`: what is sent, with the code in it. */
export type SmsConfig = { webhook: SmsWebhook | undefined; text: string };

const WEBHOOK = 'EARSHOT_SMS_WEBHOOK_URL';
const LIMITS = /^[1-9]\d{0,5}\/[1-9]\d{0,6}(?:,[1-9]\d{0,5}\/[1-9]\d{0,6}){0,3}$/;
const LIMITS_SHAPE = 'count/seconds, such as 5/300, and several with commas between them';
const RANGE = /^(?:\*|\+[1-9]\d{0,14})$/;
/** Three text messages long. */
const LONGEST_TEXT = 480;

/** EARSHOT_CODE_…: codes by text message, to whom, and how many. */
export function verificationConfig(read: Reader): VerificationConfig {
  const outbox = read.safeUrl(WEBHOOK) === undefined;
  return {
    codeLifetime: read.integer('EARSHOT_CODE_SECONDS', 1, 3600, 300) * 1000,
    limits: codeLimits(read),
    lines: { types: lineTypes(read), countries: countries(read, outbox) },
    outbox,
  };
}

/** No window is longer than an hour: nobody is locked out for longer by what somebody else asks for. */
function codeLimits(read: Reader): CodeLimits {
  const limits = (name: string, fallback: string) => toLimits(read.matching(name, LIMITS, LIMITS_SHAPE, fallback));
  return {
    // A pause that grows; and one address alone leaves the number room for its owner.
    pair: limits('EARSHOT_CODES_PER_NUMBER_AND_ADDRESS', '1/30,2/180,3/900,5/3600'),
    number: limits('EARSHOT_CODES_PER_NUMBER', '4/600,8/3600'),
    address: limits('EARSHOT_CODES_PER_ADDRESS', '5/300'),
    site: limits('EARSHOT_CODES_PER_SITE', '20/3600'),
    country: limits('EARSHOT_CODES_PER_COUNTRY', '1000/3600'),
    total: limits('EARSHOT_CODES_TOTAL', '5000/3600'),
    wrong: limits('EARSHOT_WRONG_CODES_PER_ADDRESS', '16/300'),
  };
}

function lineTypes(read: Reader): LineType[] {
  const all = Object.values(LINE_TYPES);
  const isType = (text: string): text is LineType => all.some((type) => type === text);
  const types = read.list('EARSHOT_CODE_TYPES', isType, `kinds of lines (${all.join(', ')})`).filter(isType);
  return types.length > 0 ? types : ['mobile', 'fixed-or-mobile'];
}

/** What is sent by a webhook costs money, so the operator says where to. */
function countries(read: Reader, outbox: boolean): string[] {
  const shape = 'countries such as CN,HK, * for all of them, 001 for numbers of none';
  const list = read.list('EARSHOT_CODE_COUNTRIES', (text) => text === '*' || isLineCountry(text), shape);
  if (list.length === 0 && !outbox)
    read.faults.push(`EARSHOT_CODE_COUNTRIES must be given with ${WEBHOOK}: ${shape}; text messages cost money.`);
  return list.length > 0 ? list : ['*'];
}

/** EARSHOT_SMS_…: the operator's webhook that sends them, and what it is to send. */
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

/** EARSHOT_ASSERTION_…: who may say whose a number is (RFC 7523). */
export function assertionConfig(read: Reader): AssertionConfig {
  const issuers = words(read.text('EARSHOT_ASSERTION_ISSUER', ''));
  const keys = words(read.text('EARSHOT_ASSERTION_JWKS_URL', ''));
  if (issuers.length !== keys.length)
    read.faults.push(
      'EARSHOT_ASSERTION_JWKS_URL must name one place for each of EARSHOT_ASSERTION_ISSUER, in the same order.',
    );
  if (!keys.every((url) => (isSafeUrl(url) && !hasCredentials(url)) || url.startsWith('file:///')))
    read.faults.push(
      'EARSHOT_ASSERTION_JWKS_URL must be https://, http:// on this machine, or file:///, without a user and a password.',
    );
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
