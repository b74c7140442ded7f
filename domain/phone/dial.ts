/** What would be dialled: digits only, after a `+` or not; `withoutZero` when an optional trunk zero, `(0)`, is left out. */
export type DialString = { plus: boolean; digits: string; withoutZero?: string };

const MAX_DIGITS = 26; // a carrier code, an international prefix and fifteen digits
const MIN_DIGITS = 4;

/**
 * Reads one run of number characters. Undefined for what reaches no subscriber: USSD and call-forwarding codes, short codes,
 * and anything longer than a number with all its prefixes.
 */
export function dialString(text: string): DialString | undefined {
  if (/[*#]/.test(text)) return undefined;
  const all = text.replace(/\D/g, '');
  const plus = /^\D*\+/.test(text);
  const digits = plus ? all.replace(/^00+/, '') : all;
  if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return undefined;
  if (!/[([{]\s*0\s*[)\]}]/.test(text)) return { plus, digits };
  return { plus, digits, withoutZero: text.replace(/[([{]\s*0\s*[)\]}]/, '').replace(/\D/g, '') };
}
