import type { Stack } from '../local/stack/stack.ts';
import { createNumberKeys, type NumberKeys } from '../runtime/secret/number-key.ts';

/** Those of the stack's operator: of the present key, and of the one before where there is one. */
export function numberKeysOf({ env }: Stack): NumberKeys {
  const previous = env.EARSHOT_NUMBER_KEY_PREVIOUS;
  const keyOf = (hex = '') => Buffer.from(hex, 'hex');
  return createNumberKeys(keyOf(env.EARSHOT_NUMBER_KEY), previous === undefined ? undefined : keyOf(previous));
}
