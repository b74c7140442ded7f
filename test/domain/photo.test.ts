import { assert } from 'chai';
import { imageType, type Photo } from '../../domain/photo.ts';
import { readVcards } from '../../domain/vcard.ts';

const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(3000, 'photo')]);
const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100)]);
const BASE64 = JPEG.toString('base64');
const FOLDED = BASE64.replace(/.{75}/g, '$&\r\n ');

describe('domain/photo', () => {
  const cards: [string, string, string][] = [
    ['of Android in 2.1', '2.1', `PHOTO;ENCODING=BASE64;JPEG:${FOLDED}\r\n\r\n`],
    ['of an iPhone in 3.0', '3.0', `PHOTO;ENCODING=b;TYPE=JPEG:${FOLDED}`],
    ['of macOS in 3.0', '3.0', `item1.PHOTO;ENCODING=b;TYPE=JPEG;X-ABCROP-RECTANGLE=ABClipRect_1&0&0:${FOLDED}`],
    ['in 4.0', '4.0', `PHOTO:data:image/jpeg;base64,${FOLDED}`],
    ['in 4.0 with escapes', '4.0', `PHOTO:data:image/jpeg\\;base64\\,${FOLDED}`],
    ['on one line', '3.0', `PHOTO;ENCODING=B:${BASE64}`],
  ];
  for (const [what, version, property] of cards)
    it(`is read from a card ${what}`, () => {
      assert.deepEqual(photoOf(property, version), JPEG);
    });

  it('is kept up to 64 kB, however it is folded, and larger ones are said to be', () => {
    const largest = Buffer.concat([JPEG, Buffer.alloc(65_536 - JPEG.length)]);
    for (const width of [60, 75, 200, 100_000]) {
      assert.deepEqual(photoOf(jpeg(largest, width)), largest);
      assert.equal(photoOf(jpeg(Buffer.concat([largest, Buffer.alloc(1)]), width)), 'too-large');
      assert.equal(photoOf(jpeg(Buffer.concat([JPEG, Buffer.alloc(3_000_000)]), width)), 'too-large');
    }
  });

  it('is not fetched from elsewhere, and nothing but an image of a known kind', () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>').toString(
      'base64',
    );
    for (const property of [
      'PHOTO:https://example.org/a.jpg',
      'PHOTO;VALUE=uri:http://10.0.0.1/',
      `PHOTO;ENCODING=b;TYPE=JPEG:${svg}`,
      `PHOTO:data:image/svg+xml;base64,${svg}`,
      'PHOTO;ENCODING=b:',
      'PHOTO;ENCODING=b:////',
      `PHOTO;ENCODING=QUOTED-PRINTABLE:${BASE64}`,
    ])
      assert.isUndefined(photoOf(property), property);
  });

  it('is the first one of a card, and never that of another', () => {
    assert.deepEqual(photoOf(`${jpeg(PNG, 75)}\r\n${jpeg(JPEG, 75)}`), PNG);
    const file = `BEGIN:VCARD\r\nFN:A\r\n${jpeg(JPEG, 75)}\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:B\r\nEND:VCARD\r\n`;
    assert.deepEqual(
      readVcards(Buffer.from(file)).map((result) => 'photo' in result),
      [true, false],
    );
  });

  it('is of the type that its bytes say', () => {
    const images = [
      JPEG,
      PNG,
      Buffer.from('GIF89a'),
      Buffer.from('RIFF\r\n\0\0WEBPVP8 '),
      Buffer.from('<svg'),
      Buffer.alloc(0),
    ];
    assert.deepEqual(images.map(imageType), [
      'image/jpeg',
      'image/png',
      'image/gif',
      'image/webp',
      undefined,
      undefined,
    ]);
  });
});

function photoOf(property: string, version = '3.0'): Photo | undefined {
  const [result] = readVcards(Buffer.from(`BEGIN:VCARD\r\nVERSION:${version}\r\nFN:A\r\n${property}\r\nEND:VCARD\r\n`));
  if (result === undefined || !('contact' in result)) throw new Error('the card was rejected');
  assert.equal(result.contact.name, 'A');
  return result.photo;
}

function jpeg(image: Buffer, width: number): string {
  const text = image.toString('base64');
  const lines = Array.from({ length: Math.ceil(text.length / width) }, (_, i) =>
    text.slice(i * width, (i + 1) * width),
  );
  return `PHOTO;ENCODING=b;TYPE=JPEG:${lines.join('\r\n ')}`;
}
