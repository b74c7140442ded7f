import { seal, unseal } from '../runtime/sealing.ts';
import type { ServiceContext } from './context.ts';
import { numberOf, type Proof, proveNumber, sendCode } from './verification.ts';

/** Who asks for a code by a protocol in which nothing can be handed back: its name, and what the protocol knows the asker by. */
export type Asker = readonly [protocol: string, ...who: string[]];

/** Has a code sent to the number, and remembers for whom. @throws Fault as sendCode */
export async function askForCode(
  context: ServiceContext,
  asker: Asker,
  phoneNumber: string,
  network: string,
): Promise<void> {
  const { authenticationId, expiresAt } = await sendCode(context, phoneNumber, network);
  const name = nameOf(context, asker);
  await context.stores.askedCodes.put(name, seal(context.config.secretsKey, name, authenticationId), expiresAt);
}

/** The number for which this asker has a code; undefined when there is none, or none any more. */
export async function numberAskedFor(context: ServiceContext, asker: Asker): Promise<string | undefined> {
  const authenticationId = await idFor(context, nameOf(context, asker));
  return authenticationId === undefined ? undefined : numberOf(context, authenticationId);
}

/** The proof that the code gives; undefined when this asker has asked for none, or it has expired. @throws Fault as proveNumber */
export async function proveAskedNumber(
  context: ServiceContext,
  asker: Asker,
  code: string,
  network: string,
): Promise<Proof | undefined> {
  const name = nameOf(context, asker);
  const authenticationId = await idFor(context, name);
  if (authenticationId === undefined) return undefined;
  const proof = await proveNumber(context, authenticationId, code, network);
  return {
    ...proof,
    async useUp() {
      await proof.useUp();
      await context.stores.askedCodes.forget(name);
    },
  };
}

async function idFor({ stores, config }: ServiceContext, name: string): Promise<string | undefined> {
  const sealed = await stores.askedCodes.get(name);
  return sealed === undefined ? undefined : unseal(config.secretsKey, name, sealed);
}

function nameOf({ keyedHash }: ServiceContext, asker: Asker): string {
  return keyedHash('asked code', ...asker);
}
