import { expect } from 'chai';
import fc from 'fast-check';
import { playerText, playerTune } from '../../../domain/playing/player-tune.ts';
import { cleanTune } from '../../../domain/playing/tune.ts';

describe('domain/playing/player-tune', () => {
  it('takes what a player says, and rounds its length', () => {
    expect(
      playerTune({
        title: ' Jóga ',
        artist: 'Björk',
        source: '',
        track: 2,
        length: '304.6',
        uri: 'https://x.example/a',
      }),
    ).to.deep.equal({
      kind: 'audio',
      title: 'Jóga',
      artist: 'Björk',
      track: '2',
      length: 305,
      uri: 'https://x.example/a',
    });
  });

  it('leaves out what is no length, no text and no link', () => {
    for (const length of [0, -1, '', 'long', 65_536, Number.NaN, null, {}, [7], true])
      expect(playerTune({ title: 't', length }), `${length}`).to.deep.equal({ kind: 'audio', title: 't' });
    for (const uri of ['not a link', 'javascript:alert(1)', 'file:///etc/passwd', 7, {}])
      expect(playerTune({ title: 't', uri }), `${uri}`).to.deep.equal({ kind: 'audio', title: 't' });
    for (const artist of [null, {}, [], true, '\u202E'])
      expect(playerTune({ title: 't', artist }), `${artist}`).to.deep.equal({ kind: 'audio', title: 't' });
  });

  it('keeps several artists apart', () => {
    expect(playerTune({ title: 't', artist: 'a\u0000b' })?.artist).to.equal('a; b');
  });

  it('is nothing without a title that can be seen', () => {
    for (const title of [undefined, null, '', ' \u0007\u202E', {}]) expect(playerTune({ title })).to.equal(undefined);
  });

  it('cuts by characters, not through them', () => {
    expect(playerText('🎵'.repeat(2_000))).to.equal('🎵'.repeat(1_024));
    expect(playerText('abcdef', 3)).to.equal('abc');
  });

  it('is always a tune that the API would have taken', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.anything());
    fc.assert(
      fc.property(fc.record({ title: anything, artist: anything, source: anything, length: anything }), (said) => {
        const tune = playerTune(said);
        if (tune) expect(cleanTune(tune)).to.deep.equal(tune);
      }),
    );
  });
});
