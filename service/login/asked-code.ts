import { seal, unseal } from '../../runtime/secret/sealing.ts';
import type { ServiceContext } from '../context.ts';
import { type Asking, numberOf, type Proof, proveNumber, sendCode } from './verification.ts';

/** Who asks for a code by a protocol in which nothing can be handed back: its name, and what the protocol knows the asker by. */
export type Asker = readonly [protocol: string, ...who: string[]];

/** Codes to one number that an asker may have under way: the one that is typed may be the one that came late. */
const MOST = 3;

/** Has a code sent to the number, and remembers for whom. @throws Fault as sendCode */
export async function askForCode(
  context: ServiceContext,
  asker: Asker,
  phoneNumber: string,
  asking: Asking,
): Promise<void> {
  const { authenticationId, expiresAt } = await sendCode(context, phoneNumber, asking);
  const name = nameOf(context, asker);
  const former = (await idsFor(context, name)).filter((id) => numberOf(context, id) === phoneNumber);
  const ids = [authenticationId, ...former].slice(0, MOST);
  await context.stores.askedCodes.put(name, seal(context.config.secretsKey, name, ids.join(' ')), expiresAt);
}

/** The number for which this asker has a code; undefined when there is none, or none any more. */
export async function numberAskedFor(context: ServiceContext, asker: Asker): Promise<string | undefined> {
  const [newest] = await idsFor(context, nameOf(context, asker));
  return newest === undefined ? undefined : numberOf(context, newest);
}

/** The proof that the code gives; undefined when this asker has asked for none, or it has expired. @throws Fault as proveNumber */
export async function proveAskedNumber(
  context: ServiceContext,
  asker: Asker,
  code: string,
  network: string,
): Promise<Proof | undefined> {
  const name = nameOf(context, asker);
  const ids = await idsFor(context, name);
  if (ids.length === 0) return undefined;
  const proof = await proveNumber(context, ids, code, network);
  return {
    ...proof,
    async useUp() {
      await proof.useUp();
      await context.stores.askedCodes.forget(name);
    },
  };
}

/** The authentication ids, the newest first. */
async function idsFor({ stores, config }: ServiceContext, name: string): Promise<string[]> {
  const sealed = await stores.askedCodes.get(name);
  const opened = sealed === undefined ? undefined : unseal(config.secretsKey, name, sealed);
  return opened === undefined ? [] : opened.split(' ');
}

function nameOf({ keyedHash }: ServiceContext, asker: Asker): string {
  return keyedHash('asked code', ...asker);
}
