/** What a file says of itself; `length` in seconds. */
export type Tags = { title: string; artist: string; album: string; length: number };

const RATE = 8_000;

/** Silence as a WAV file (RIFF) with a list of tags, UTF-8. */
export function wavFile({ title, artist, album, length }: Tags): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(RATE, 4);
  format.writeUInt32LE(2 * RATE, 8);
  format.writeUInt16LE(2, 12);
  format.writeUInt16LE(16, 14);
  const texts = Object.entries({ INAM: title, IART: artist, IPRD: album });
  const info = [Buffer.from('INFO'), ...texts.map(([id, text]) => chunk(id, Buffer.from(`${text}\0`)))];
  const parts = [
    chunk('fmt ', format),
    chunk('LIST', Buffer.concat(info)),
    chunk('data', Buffer.alloc(2 * RATE * length)),
  ];
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...parts]));
}

/** Name, length, content, and a byte to make it even. */
function chunk(id: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
