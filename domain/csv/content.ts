/** Digits, and what people put between those of a telephone number. */
const CHARACTERS = /^\+?[\d\s().\-/\u2010-\u2015]{7,30}$/;
/** `+49 …`, `0171 …`, `(650) …`, `8 (912) …`, `650-253-0000`: digits by themselves may be any number of anything. */
const MARKS = /^\+|^0[1-9]\d*\D|^0[1-9]\d{7,9}$|^00[1-9]\d?\D|^00[1-9]\d{8,}$|\(\d+\)|^\d{3}[-.]\d{3}[-.]\d{4}$/;
const DATE = /^\d{1,4}([-/.])\d{1,2}\1\d{1,4}$/;
/** How many of a column's values must be numbers for it to be one of telephones. */
const SHARE = 0.8;

/** Whether a value is a telephone number by its looks alone, or several in Google's form; strict, as nothing else says so. */
export function looksLikeTelephone(text: string): boolean {
  return text.length <= 200 && text.normalize('NFKC').split(':::').every(looksLikeOne);
}

function looksLikeOne(part: string): boolean {
  const text = part.trim();
  if (!CHARACTERS.test(text) || DATE.test(text)) return false;
  const digits = text.replace(/\D/g, '').length;
  return digits >= 7 && digits <= 17 && MARKS.test(text);
}

/** Whether a column of these values is one of telephones. */
export function holdsTelephones(values: readonly string[]): boolean {
  return values.length > 0 && values.filter(looksLikeTelephone).length >= SHARE * values.length;
}
