import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import { seal, unseal } from '../runtime/sealing.ts';
import type { ServiceContext } from './context.ts';
import { countOne } from './limited.ts';

/** Wrong codes after which a code is dead. */
const TRIES = 3;
const AUTHENTICATION = 'authentication';

export type Sent = { authenticationId: string; expiresAt: number };

/** What a validated code stands for until it is used up, or given back because nothing could come of it. */
export type Proof = { phoneNumber: string; useUp(): Promise<void>; giveBack(): Promise<void> };

/**
 * Makes a code for the number, in place of any former one, and has it sent. Whether the number is known is not looked at. The
 * number travels in the authentication id, sealed: what is kept is under its keyed hash.
 * @throws Fault TOO_MANY_REQUESTS
 */
export async function sendCode(context: ServiceContext, phoneNumber: string, network: string): Promise<Sent> {
  const { stores, queues, config, keyedHash, now } = context;
  const { limits, codeLifetime } = config.verification;
  await countOne(context, 'codes of an address', network, limits.address);
  await countOne(context, 'codes of a number', phoneNumber, limits.number);
  const id = verificationOf(context, phoneNumber);
  const code = `${randomInt(1_000_000)}`.padStart(6, '0');
  const nonce = randomBytes(16).toString('base64url');
  const expiresAt = now() + codeLifetime;
  const message = seal(config.secretsKey, id, JSON.stringify({ phoneNumber, code }));
  await stores.verifications.start(
    id,
    { nonce, codeHash: keyedHash('code', nonce, code), message, expiresAt },
    TRIES,
    now(),
  );
  await queues.enqueue('verification', [id]);
  return { authenticationId: seal(config.secretsKey, AUTHENTICATION, JSON.stringify([phoneNumber, nonce])), expiresAt };
}

/**
 * Whose number the code proves; only one caller gets it. Wrong, expired, used up, replaced and never made are one and the same.
 * @throws Fault UNAUTHENTICATED, TOO_MANY_REQUESTS
 */
export async function proveNumber(
  context: ServiceContext,
  authenticationId: string,
  code: string,
  network: string,
): Promise<Proof> {
  const { stores, keyedHash, now } = context;
  // Counted before it is looked at: many at once must not get through together.
  const wrong = await countOne(context, 'wrong codes of an address', network, context.config.verification.limits.wrong);
  // An id that nobody gave out takes the same way, with a number that nobody has.
  const [phoneNumber, nonce] = openId(context, authenticationId) ?? ['', ''];
  const id = verificationOf(context, phoneNumber);
  const sent = keyedHash('code', nonce, code);
  const wanted = await stores.verifications.attempt(id, nonce, now());
  const right = timingSafeEqual(Buffer.from(sent), Buffer.from(wanted ?? keyedHash('no code', nonce)));
  const stamp = right ? await stores.verifications.claim(id, nonce, now()) : undefined;
  if (stamp === undefined) throw loginFailure();
  await wrong.giveBack();
  return {
    phoneNumber,
    async useUp() {
      if (!(await stores.verifications.consume(id, stamp))) throw loginFailure();
    },
    giveBack: () => stores.verifications.release(id, stamp),
  };
}

/** To which number the code of this id was sent; undefined for an id that nobody gave out. */
export function numberOf(context: ServiceContext, authenticationId: string): string | undefined {
  return openId(context, authenticationId)?.[0];
}

function openId(
  { config }: ServiceContext,
  authenticationId: string,
): [phoneNumber: string, nonce: string] | undefined {
  const opened = unseal(config.secretsKey, AUTHENTICATION, authenticationId);
  return opened === undefined ? undefined : (JSON.parse(opened) as [string, string]);
}

/** What a number's code is kept under. */
function verificationOf({ keyedHash }: ServiceContext, phoneNumber: string): string {
  return keyedHash('verification', phoneNumber);
}

function loginFailure(): Fault {
  return new Fault('UNAUTHENTICATED', 'The code is not valid; ask for a new one.');
}
