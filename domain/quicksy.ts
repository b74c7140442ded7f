import { parseE164 } from './phone.ts';

/** A number as the client wrote it, and whom it reaches, as bare JIDs. */
export type PhoneBookEntry = { number: string; jids: readonly string[] };

/** The number that a client of Quicksy's protocol means; some leave the plus out, or write 00 for it. Undefined for anything else. */
export function quicksyNumber(text: string): string | undefined {
  const digits = /^(?:\+|00)?([1-9]\d{1,14})$/.exec(text)?.[1];
  return digits === undefined ? undefined : parseE164(`+${digits}`);
}

/**
 * The texts of which a client that has these entries sends the SHA-1 as `ver`. Of several JIDs of one number Quicksy's server sorts the domains
 * first, and its clients the whole texts: so there are two, which are mostly the same.
 */
export function phoneBookTexts(entries: readonly PhoneBookEntry[]): string[] {
  return [byText, byDomain].map((order) => {
    const sorted = [...entries].sort((a, b) => byText(a.number, b.number));
    const texts = sorted.map(({ number, jids }) => [number, ...[...jids].sort(order)].join('\u001e'));
    return texts.join('\u001d');
  });
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function byDomain(a: string, b: string): number {
  const [one, other] = [a.split('@'), b.split('@')];
  return byText(one[1] ?? '', other[1] ?? '') || byText(one[0] ?? '', other[0] ?? '');
}

/** Seconds as Quicksy's server writes them into its error text (ISO 8601, as java.time.Duration prints them). */
export function isoDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = seconds % 60;
  const text = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${rest ? `${rest}S` : ''}`;
  return `PT${text || '0S'}`;
}
