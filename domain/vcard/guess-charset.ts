/** What files without a CHARSET are written in when it is not UTF-8, the likeliest first. */
const SCORES = {
  gb18030: scoreChinese,
  shift_jis: scoreJapanese,
  'windows-1252': scoreWestern,
  'windows-1251': (bytes: Buffer) => scoreAlphabet(bytes, CYRILLIC),
  'windows-1253': (bytes: Buffer) => scoreAlphabet(bytes, GREEK),
};

/** Letters of an alphabet by their bytes; `common`: those of which most text is. */
type Alphabet = {
  isLetter(byte: number): boolean;
  isCapital(byte: number): boolean;
  common: ReadonlySet<number>;
  /** letters one of which every longer word in small letters has */
  accented?: ReadonlySet<number>;
};

const CYRILLIC: Alphabet = {
  isLetter: (byte) => byte >= 0xc0 || [0xa5, 0xa8, 0xaa, 0xaf, 0xb2, 0xb3, 0xb4, 0xb8, 0xba, 0xbf].includes(byte),
  isCapital: (byte) => byte < 0xe0 && ![0xb3, 0xb4, 0xb8, 0xba, 0xbf].includes(byte),
  common: bothCases('оеаинтсрвлкмдпуя', (char) => char.charCodeAt(0) - 0x430 + 0xe0, 0x20),
};
const GREEK: Alphabet = {
  isLetter: (byte) =>
    (byte >= 0xc0 && byte !== 0xd2 && byte !== 0xff) || [0xa2, 0xb8, 0xb9, 0xba, 0xbc, 0xbe, 0xbf].includes(byte),
  isCapital: (byte) => byte < 0xdc && byte !== 0xc0,
  common: bothCases('άέήίόύώαοιετσνηυρπκςλμ', (char) => char.charCodeAt(0) - 0x3b1 + 0xe1, 0x20),
  accented: new Set([0xa2, 0xb8, 0xb9, 0xba, 0xbc, 0xbe, 0xbf, 0xdc, 0xdd, 0xde, 0xdf, 0xfc, 0xfd, 0xfe]),
};
/** What is no letter of an alphabet, nor any sign that stands in names, speaks against it. */
const WRONG = -2;

/** How much likelier the encoding of the rest of a file is for one text of it: files are put together from others. */
const FAVOUR = 0.3;

/** Bytes of a text that are looked at. */
const ENOUGH = 4_096;

/** The encoding of text that is no UTF-8, by how much of it that makes names in a language; `favoured`: that of the text around it. */
export function guessCharset(text: Buffer, favoured?: string): string {
  const bytes = text.subarray(0, favoured === undefined ? ENOUGH : ENOUGH / 16);
  const scored = Object.entries(SCORES).map(([charset, score]) => ({
    charset,
    score: score(bytes) + (charset === favoured ? FAVOUR : 0),
  }));
  return scored.reduce((best, one) => (one.score > best.score ? one : best)).charset;
}

/** GB2312's first level are the common characters; what GBK has beyond GB2312 is rare in any text. */
function scoreChinese(bytes: Buffer): number {
  return sum(bytes, (at) => {
    const [lead, trail] = pair(bytes, at);
    if (lead === 0x80 || lead === 0xff || trail < 0x30 || trail === 0x7f || trail === 0xff) return [WRONG, 1];
    if (trail < 0x40) return [0.1, 4];
    if (lead >= 0xb0 && lead <= 0xd7 && trail >= 0xa1) return [1, 2];
    if (lead >= 0xd8 && lead <= 0xf7 && trail >= 0xa1) return [0.6, 2];
    return [lead >= 0xa1 && lead <= 0xa9 && trail >= 0xa1 ? 0.3 : 0.1, 2];
  });
}

/** Kana of full width and the common characters of JIS, which stand in its first level. */
function scoreJapanese(bytes: Buffer): number {
  return sum(bytes, (at) => {
    const [lead, trail] = pair(bytes, at);
    if (lead >= 0xa1 && lead <= 0xdf) return [0.35, 1];
    if (trail < 0x40 || trail === 0x7f || trail > 0xfc || lead === 0x80 || lead === 0xa0 || lead > 0xfc)
      return [WRONG, 1];
    if ((lead === 0x82 && trail >= 0x9f) || (lead === 0x83 && trail <= 0x96)) return [1, 2];
    if (lead >= 0x88 && lead <= 0x97) return [0.9, 2];
    if ((lead >= 0x98 && lead <= 0x9f) || (lead >= 0xe0 && lead <= 0xea)) return [0.5, 2];
    return [lead === 0x81 ? 0.3 : 0, 2];
  });
}

/** Western letters stand among ASCII ones; capitals not after small ones. */
function scoreWestern(bytes: Buffer): number {
  return sum(bytes, (at) => {
    const byte = bytes[at] ?? 0;
    const near = bytes.subarray(Math.max(0, at - 2), at + 3);
    const before = bytes[at - 1] ?? 0;
    if ([0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte)) return [WRONG, 1];
    const letter =
      (byte >= 0xc0 && byte !== 0xd7 && byte !== 0xf7) || [0x8a, 0x8c, 0x8e, 0x9a, 0x9c, 0x9e, 0x9f].includes(byte);
    if (!letter)
      return [/[\x80\x85\x91-\x97\x99\xa0\xab\xae\xb0\xb4\xb7\xbb]/.test(String.fromCharCode(byte)) ? 0.5 : 0, 1];
    if (byte < 0xe0 && before >= 0x61 && before <= 0x7a) return [0.1, 1];
    return [near.some(isAsciiLetter) ? 1 : 0.2, 1];
  });
}

/** Words wholly of the alphabet's letters, in one case or with a capital in front. */
function scoreAlphabet(bytes: Buffer, { isLetter, isCapital, common, accented }: Alphabet): number {
  return sum(bytes, (at) => {
    let end = at;
    while (end < bytes.length && isLetter(bytes[end] ?? 0)) end += 1;
    if (end === at) return [isSign(bytes[at] ?? 0) ? 0.3 : WRONG, 1];
    const word = [...bytes.subarray(at, end)];
    if (isAsciiLetter(bytes[at - 1] ?? 0) || isAsciiLetter(bytes[end] ?? 0)) return [0, word.length];
    const small = word.filter((byte) => !isCapital(byte)).length;
    const inOrder = small === 0 || word.slice(1).every((byte) => !isCapital(byte));
    if (word.length === 1 || !inOrder) return [0.1, word.length];
    const unaccented = small > 3 && accented && !word.some((byte) => accented.has(byte));
    const share = word.filter((byte) => common.has(byte)).length / word.length;
    return [(unaccented ? 0.4 : 0.6) + 0.5 * share, word.length];
  });
}

/** The mean of what `rate` gives for each piece, by the bytes above 7F in it; `rate` tells a piece's rating and its length. */
function sum(bytes: Buffer, rate: (at: number) => [rating: number, length: number]): number {
  let [total, high] = [0, 0];
  for (let at = 0; at < bytes.length; ) {
    if ((bytes[at] ?? 0) < 0x80) at += 1;
    else {
      const [rating, length] = rate(at);
      let weight = 0;
      for (let i = at; i < at + length; i += 1) if ((bytes[i] ?? 0) >= 0x80) weight += 1;
      total += rating * weight;
      high += weight;
      at += length;
    }
  }
  return high === 0 ? 0 : total / high;
}

function pair(bytes: Buffer, at: number): [lead: number, trail: number] {
  return [bytes[at] ?? 0, bytes[at + 1] ?? 0];
}

function isAsciiLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

/** Quotes, dashes, the ellipsis and the no-break space, where all of Windows' encodings have them. */
function isSign(byte: number): boolean {
  return [0x85, 0xa0, 0xab, 0xb7, 0xb9, 0xbb].includes(byte) || (byte >= 0x91 && byte <= 0x97);
}

function bothCases(letters: string, byteOf: (char: string) => number, distance: number): ReadonlySet<number> {
  return new Set([...letters].map(byteOf).flatMap((byte) => [byte, byte - distance]));
}
