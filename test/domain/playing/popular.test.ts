import { expect } from 'chai';
import { type Piece, type Played, pieceName, popularIn } from '../../../domain/playing/popular.ts';

const JOGA: Piece = { kind: 'audio', title: 'Jóga', artist: 'Björk' };

const played = (piece: Piece, at = 0): Played => ({ key: pieceName(piece), at, read: () => piece });
/** One history for each piece. */
const each = (...pieces: Piece[]) => pieces.map((piece) => [played(piece)]);

describe('domain/playing/popular', () => {
  it('is what three have played, whoever they are, and not two', () => {
    expect(popularIn(each(JOGA, JOGA))).to.deep.equal([]);
    expect(popularIn(each(JOGA, JOGA, JOGA))).to.deep.equal([{ ...JOGA, friends: 3 }]);
  });

  it('takes forms, letter case and spaces for the same piece, but not audio for video', () => {
    const same: Piece[] = [
      { kind: 'audio', title: 'STRASSE  nach Ελλάς', artist: 'Ｋraftwerk' },
      { kind: 'audio', title: 'Straße nach ΕΛΛΆΣ', artist: 'Kraftwerk ' },
      { kind: 'audio', title: ' strasse nach ελλάς'.normalize('NFD'), artist: 'kraftwerk' },
    ];
    expect(new Set(same.map(pieceName))).to.have.length(1);
    expect(pieceName({ ...JOGA, kind: 'video' })).to.not.equal(pieceName(JOGA));
    expect(pieceName({ kind: 'audio', title: 'Jóga' })).to.not.equal(pieceName(JOGA));
  });

  it('is told as most have it, whatever the order of the friends', () => {
    const shouted = { ...JOGA, title: 'JÓGA' };
    for (const pieces of [
      [JOGA, shouted, JOGA],
      [shouted, JOGA, JOGA],
    ])
      expect(popularIn(each(...pieces))).to.deep.equal([{ ...JOGA, friends: 3 }]);
    const [one] = popularIn(each(JOGA, shouted, { ...JOGA, title: 'jóga' }));
    const [other] = popularIn(each({ ...JOGA, title: 'jóga' }, JOGA, shouted));
    expect(one).to.deep.equal(other);
  });

  it('gives a link only that three have, because another may lead to one of them', () => {
    const linked = (uri: string): Piece => ({ ...JOGA, uri });
    const common = linked('https://music.example/joga');
    const [few] = popularIn(each(common, common, linked('https://bobs-own-server.example/joga')));
    expect(few).to.not.have.property('uri');
    const [many] = popularIn(each(common, common, linked('https://bobs-own-server.example/joga'), common));
    expect(many).to.deep.equal({ ...common, friends: 4 });
  });

  it('has most friends first, then the newest, and fifty at most', () => {
    const pieces = Array.from({ length: 60 }, (_, i): Piece => ({ kind: 'audio', title: `Piece ${i}` }));
    const history = pieces.map((piece, i) => played(piece, i));
    const popular = popularIn([history, history, history, history.slice(0, 1)]);
    expect(popular).to.have.length(50);
    expect(popular.slice(0, 3).map(({ title, friends }) => [title, friends])).to.deep.equal([
      ['Piece 0', 4],
      ['Piece 59', 3],
      ['Piece 58', 3],
    ]);
  });
});
