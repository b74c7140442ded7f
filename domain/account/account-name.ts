/** What an account is called that is made here: by chance, or after its owner's primary number. */
export type AccountNames = 'random' | 'number';

/** Random bytes that a name is made of: 64 bits, so that nobody meets an account by asking for names. */
export const NAME_BYTES = 8;

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aiou';

/**
 * A name that can be said: four words of consonants and vowels in turn, such as `lusab-babad-gutih-tugad`, each standing for 16
 * bits of `random` (Wilkerson, "A Proposal for Proquints"). The same in every letter case and preparation of a JID.
 */
export function speakableName(random: Uint8Array): string {
  const words = Array.from({ length: NAME_BYTES / 2 }, (_, i) =>
    toWord(((random[2 * i] ?? 0) << 8) | (random[2 * i + 1] ?? 0)),
  );
  return words.join('-');
}

/** Five letters of 4, 2, 4, 2 and 4 bits. */
function toWord(bits: number): string {
  const consonant = (shift: number) => CONSONANTS[(bits >> shift) & 15];
  const vowel = (shift: number) => VOWELS[(bits >> shift) & 3];
  return `${consonant(12)}${vowel(10)}${consonant(6)}${vowel(4)}${consonant(0)}`;
}
