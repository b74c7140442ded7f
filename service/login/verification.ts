import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import { lineOf, NO_COUNTRY } from '../../domain/phone/line.ts';
import { lookupForms } from '../../domain/phone.ts';
import type { Lines } from '../../runtime/config/login-config.ts';
import { seal, unseal } from '../../runtime/secret/sealing.ts';
import type { Fence } from '../../store/base/fence.ts';
import { newStamp } from '../../store/base/marks.ts';
import { readRecord } from '../../store/base/record.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { ServiceContext } from '../context.ts';
import { type Count, countInAll, countOne } from './limited.ts';
import { isGood, type Proved, stampOf } from './void-codes.ts';

/** Wrong codes after which a code is dead. */
const TRIES = 3;
const AUTHENTICATION = 'authentication';

/** `authenticationId`: what the code has to come back with. `expiresAt`: milliseconds since the epoch. */
export type Sent = { authenticationId: string; expiresAt: number };

/** Who asks: a network address or an XMPP account, and the IPv6 /48 around it. */
export type Asking = { network: string; site?: string | undefined };

/** What a validated code stands for until it is used up, or given back because nothing could come of it. */
export type Proof = Proved & { useUp(): Promise<void>; giveBack(): Promise<void> };

/**
 * Makes a code for the number and has it sent; those that are under way stay good. Whether the number is known is not looked at. The
 * number travels in the authentication id, sealed: what is kept is under a keyed hash. So does the stamp of the phone's codes; where it has none, another one
 * in its place, or the length of the id would tell.
 * @throws Fault INVALID_ARGUMENT (codes are not sent to such numbers), TOO_MANY_REQUESTS
 */
export async function sendCode(context: ServiceContext, phoneNumber: string, asking: Asking): Promise<Sent> {
  const { stores, queues, config, keyedHash, now } = context;
  await countInAll(context, countsOf(context, phoneNumber, asking));
  const code = `${randomInt(1_000_000)}`.padStart(6, '0');
  const nonce = randomBytes(16).toString('base64url');
  const id = verificationOf(context, phoneNumber, nonce);
  const expiresAt = now() + config.verification.codeLifetime;
  const message = seal(config.secretsKey, id, JSON.stringify({ phoneNumber, code }));
  const codeHash = keyedHash('code', nonce, code);
  const stamp = (await stampOf(context, phoneNumber))?.stamp ?? newStamp();
  await stores.verifications.start(id, { codeHash, message, expiresAt }, TRIES, now());
  await wake(queues, 'codeMade', [id]);
  const opened: Opened = [phoneNumber, nonce, stamp];
  return { authenticationId: seal(config.secretsKey, AUTHENTICATION, JSON.stringify(opened)), expiresAt };
}

/**
 * Whose number the code proves; only one caller gets it. `authenticationIds`: what the code may belong to, as the asker has them. Wrong, expired, used up,
 * void and never made are one and the same.
 * @throws Fault UNAUTHENTICATED, TOO_MANY_REQUESTS
 */
export async function proveNumber(
  context: ServiceContext,
  authenticationIds: readonly string[],
  code: string,
  network: string,
): Promise<Proof> {
  const { verifications } = context.stores;
  // Counted before it is looked at: many at once must not get through together.
  const wrong = await countOne(context, 'wrong codes of an address', network, context.config.verification.limits.wrong);
  for (const authenticationId of authenticationIds) {
    const found = await tryCode(context, authenticationId, code);
    if (!found) continue;
    const { fence, ...proved } = found;
    await wrong.giveBack();
    return {
      ...proved,
      async useUp() {
        if (!(await verifications.consume(proved.name, fence))) throw loginFailure();
      },
      giveBack: () => verifications.giveBack(proved.name, fence),
    };
  }
  throw loginFailure();
}

/** To which number the code of this id was sent; undefined for an id that nobody gave out. */
export function numberOf(context: ServiceContext, authenticationId: string): string | undefined {
  return openId(context, authenticationId)?.[0];
}

/** Takes one try, and reserves the code for this caller if it is the right one. */
async function tryCode(
  context: ServiceContext,
  authenticationId: string,
  code: string,
): Promise<(Proved & { fence: Fence }) | undefined> {
  const { stores, keyedHash, now } = context;
  // An id that nobody gave out takes the same way, with a number that nobody has.
  const [phoneNumber, nonce, stamp] = openId(context, authenticationId) ?? ['', ''];
  const name = verificationOf(context, phoneNumber, nonce);
  const sent = keyedHash('code', nonce, code);
  const wanted = await stores.verifications.attempt(name, now());
  const right = timingSafeEqual(Buffer.from(sent), Buffer.from(wanted ?? keyedHash('no code', nonce)));
  const proved = { phoneNumber, name, stamp };
  const good = isGood(proved, await stampOf(context, phoneNumber));
  const fence = right && good ? await stores.verifications.reserve(name, now()) : undefined;
  return fence === undefined ? undefined : { ...proved, fence };
}

/** What a code to this number counts against: from what is the asker's own to what is everybody's. @throws Fault INVALID_ARGUMENT */
function countsOf({ config }: ServiceContext, phoneNumber: string, { network, site }: Asking): Count[] {
  const { limits } = config.verification;
  const country = countryOf(config.verification.lines, phoneNumber);
  // One phone, whichever way its number is written.
  const [phone = phoneNumber] = lookupForms(phoneNumber).sort();
  return [
    ['codes of a number for an address', `${phone} ${network}`, limits.pair],
    ['codes of a number', phone, limits.number],
    ['codes of an address', network, limits.address],
    ...(site === undefined ? [] : [['codes of a site', site, limits.site] as const]),
    ['codes of a country', country, limits.country],
    ['codes', 'all', limits.total],
  ];
}

/** The country of a number to which codes are sent. Says no by the numbering plan alone. @throws Fault INVALID_ARGUMENT */
function countryOf({ types, countries }: Lines, phoneNumber: string): string {
  const line = lineOf(phoneNumber);
  if (line?.type === undefined || !types.includes(line.type))
    throw new Fault(
      'INVALID_ARGUMENT',
      `No code can be sent to a line of this kind; ${types.join(' and ')} numbers will do.`,
    );
  const { country } = line;
  if (!countries.includes(country) && (country === NO_COUNTRY || !countries.includes('*')))
    throw new Fault('INVALID_ARGUMENT', 'No code can be sent to a number of this country; use one of another.');
  return country;
}

/** `stamp`: none in an id of an earlier version. */
type Opened = [phoneNumber: string, nonce: string, stamp?: string];

function openId({ config }: ServiceContext, authenticationId: string): Opened | undefined {
  const opened = unseal(config.secretsKey, AUTHENTICATION, authenticationId);
  return opened === undefined ? undefined : readRecord<Opened>(opened, 'an authentication id');
}

/** What a code is kept under. */
function verificationOf({ keyedHash }: ServiceContext, phoneNumber: string, nonce: string): string {
  return keyedHash('verification', phoneNumber, nonce);
}

export function loginFailure(): Fault {
  return new Fault('UNAUTHENTICATED', 'The code is not valid; ask for a new one.');
}
