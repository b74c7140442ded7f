/** Octets of one list in an answer: a stanza over the server's limit ends the stream, and each octet may be escaped into six. */
const MOST_OCTETS = 40_000;
/** What stands around each: elements and attributes. */
const AROUND = 100;

/** As many, from the first, as one answer can hold. */
export function fitting<T>(all: readonly T[], textOf: (one: T) => string): T[] {
  let room = MOST_OCTETS;
  const end = all.findIndex((one) => {
    room -= Buffer.byteLength(textOf(one)) + AROUND;
    return room < 0;
  });
  return all.slice(0, end < 0 ? all.length : end);
}
