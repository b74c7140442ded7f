import { expect } from 'chai';
import {
  cleanTune,
  currentOf,
  expiryOf,
  fingerprint,
  notedFingerprint,
  type Playing,
  play,
  sameTune,
  type Tune,
} from '../../../domain/playing/tune.ts';

const SONG: Tune = { kind: 'audio', title: 'Jóga', artist: 'Björk', length: 305 };

describe('domain/playing/tune', () => {
  it('ends a tune five seconds after its length, and after ten minutes when nobody knows the length', () => {
    expect(expiryOf(SONG, 1_000)).to.equal(1_000 + 310_000);
    expect(expiryOf({ kind: 'audio', title: 'A stream' }, 1_000)).to.equal(1_000 + 600_000);
  });

  it('takes a length of 0 as unknown, as players mean it', () => {
    expect(cleanTune({ ...SONG, length: 0 })).to.not.have.property('length');
  });

  it('keeps the start when the same tune is told again, and lets it last longer', () => {
    const first = play(undefined, 'phone', SONG, 0);
    expect(play(first, 'phone', { ...SONG }, 60_000)).to.deep.equal({ ...first, expiresAt: 60_000 + 310_000 });
    expect(play(first, 'phone', { ...SONG, title: 'Hunter' }, 60_000).since).to.equal(60_000);
    expect(play(first, 'phone', SONG, 400_000).since, 'after it had run out').to.equal(400_000);
  });

  it('begins a tune where it is, and ends it when it has been played', () => {
    const resumed = play(undefined, 'phone', SONG, 400_000, { position: 100.5 });
    expect(resumed).to.include({ since: 400_000, from: 299_500, expiresAt: 299_500 + 310_000 });
    const wound = play(resumed, 'phone', SONG, 410_000, { position: 5 });
    expect(wound).to.include({ since: 400_000, from: 405_000, expiresAt: 405_000 + 310_000 });
    const again = play(wound, 'phone', SONG, 420_000, { position: 13 });
    expect(again, 'calls take their time').to.deep.equal(wound);
    expect(play(wound, 'phone', SONG, 420_000), 'without a position').to.include({ since: 400_000, from: 405_000 });
    expect(play(undefined, 'phone', SONG, 400_000, { position: 9_999 }).from, 'not before it was over').to.equal(
      95_000,
    );
    const stream: Tune = { kind: 'audio', title: 'A stream' };
    expect(play(undefined, 'phone', stream, 400_000, { position: 300 })).to.include({
      from: 100_000,
      expiresAt: 400_000 + 600_000,
    });
  });

  it('began when it was first told, where the position that comes with it later says the same', () => {
    const first = play(undefined, 'phone', SONG, 0);
    expect(play(first, 'phone', SONG, 100_200, { position: 100 })).to.deep.equal(first);
    expect(play(first, 'phone', SONG, 100_200, { position: 50 })).to.include({ since: 0, from: 50_200 });
  });

  it('begins anew when it is told again at its end, by a player that tells no position', () => {
    const first = play(undefined, 'phone', SONG, 0);
    expect(play(first, 'phone', SONG, 303_900), 'in the middle').to.not.have.property('from');
    const second = play(first, 'phone', SONG, 304_000);
    expect(second).to.include({ since: 0, from: 304_000, expiresAt: 304_000 + 310_000 });
    expect(play(second, 'phone', SONG, 400_000), 'in its middle').to.include({ since: 0, from: 304_000 });
    expect(play(second, 'phone', SONG, 609_000), 'once more').to.include({ since: 0, from: 609_000 });
    const resumed = play(undefined, 'phone', SONG, 0, { position: 200 });
    expect(play(resumed, 'phone', SONG, 104_000), 'of one that was resumed').to.include({ from: 104_000 });
    const short = play(undefined, 'phone', { ...SONG, length: 1 }, 0);
    expect(play(short, 'phone', short.tune, 400), 'of a short one').to.not.have.property('from');
    expect(play(short, 'phone', short.tune, 500), 'of a short one').to.include({ from: 500 });
    const stream = play(undefined, 'phone', { kind: 'audio', title: 'A stream' }, 0);
    expect(play(stream, 'phone', stream.tune, 599_000), 'of a stream').to.not.have.property('from');
  });

  it('shows the newest of the devices that still play', () => {
    const device = (name: string, since: number, expiresAt: number): Playing => ({
      device: name,
      tune: SONG,
      since,
      expiresAt,
    });
    const devices = [device('tv', 10, 1_000), device('phone', 20, 100), device('car', 5, 2_000)];
    expect(currentOf(devices, 50)?.device).to.equal('phone');
    expect(currentOf(devices, 100)?.device).to.equal('tv');
    expect(currentOf(devices, 1_000)?.device).to.equal('car');
    expect(currentOf(devices, 2_000)).to.equal(undefined);
  });

  it('sees a difference where friends would see one', () => {
    expect(sameTune(SONG, { ...SONG })).to.equal(true);
    expect(sameTune(SONG, { ...SONG, kind: 'video' })).to.equal(false);
    expect(sameTune(SONG, undefined)).to.equal(false);
    expect(fingerprint(undefined)).to.equal('');
  });

  it('has fingerprints that are short, the same for the same, and others for others', () => {
    const tunes = Array.from({ length: 20_000 }, (_, i) => ({ ...SONG, title: `Song ${i}` }));
    const found = tunes.map(fingerprint);
    expect(new Set(found).size).to.equal(tunes.length);
    expect(found.every((text) => /^[0-9a-z]{1,11}$/.test(text))).to.equal(true);
    expect(fingerprint({ ...SONG, title: 'Song 7' })).to.equal(found[7]);
    const { kind, title, artist, source, track, length, rating, uri }: Tune = SONG;
    const before = JSON.stringify([kind, title, artist, source, track, length, rating, uri]);
    expect(notedFingerprint(before), 'of an earlier version').to.equal(fingerprint(SONG));
    expect([notedFingerprint(fingerprint(SONG)), notedFingerprint('')]).to.deep.equal([fingerprint(SONG), '']);
    expect(fingerprint({ ...SONG, track: '7' })).to.not.equal(fingerprint({ ...SONG, rating: 7 }));
  });

  it('refuses a text of which nothing is left, and a link that would run something', () => {
    for (const bad of [
      { title: '\u0000 \u202e' },
      { artist: '' },
      { uri: 'javascript:alert(1)' },
      { uri: ' \u0000javascript:x' },
      { uri: 'no uri' },
      { uri: 'https://alice:secret@music.example/song' },
      { title: '\u200B\u2060' },
      { title: '\u3164\u2800' },
      ...['geo:52,13', 'tel:+8613800138000', 'mailto:a@op.example', 'intent://x#Intent;end', 'blob:https://x/1'].map(
        (uri) => ({ uri }),
      ),
    ])
      expect(() => cleanTune({ ...SONG, ...bad }))
        .to.throw()
        .with.property('code', 'INVALID_ARGUMENT');
    expect(cleanTune({ ...SONG, uri: 'HTTPS://Op.Example/a b' }).uri).to.equal('https://op.example/a%20b');
    expect(cleanTune({ ...SONG, uri: 'spotify:track:4uLU6hMCjMI75M1A2tKUQC' }).uri).to.equal(
      'spotify:track:4uLU6hMCjMI75M1A2tKUQC',
    );
  });

  it('puts a separator between artists where a tag has control characters', () => {
    const artistOf = (artist: string) => cleanTune({ ...SONG, artist }).artist;
    expect(artistOf('Björk\u0000Thom Yorke')).to.equal('Björk; Thom Yorke');
    expect(artistOf('Björk\u0000\u001F \u0000Thom Yorke\u0000')).to.equal('Björk; Thom Yorke');
    expect(artistOf('Guðmundsdóttir,\t\r\nBjörk')).to.equal('Guðmundsdóttir, Björk');
  });
});
