import { expect } from 'chai';
import { readAvatar, turnOf } from '../../../domain/account/avatar.ts';
import { png } from '../../support/xmpp/avatars.ts';

describe('domain/account/avatar', () => {
  it('reads an image from base64, also in lines', () => {
    const image = png(65_536);
    const lines = image.toString('base64').replace(/.{60}/g, '$&\r\n');
    expect(readAvatar(lines)).to.deep.equal(image);
  });

  it('takes nothing else for one', () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
    const cases = { empty: '', 'no base64': '%%%%', 'too short': 'iVB', svg: svg.toString('base64') };
    for (const [what, text] of Object.entries(cases)) expect(readAvatar(text), what).to.equal(undefined);
    expect(readAvatar(png(65_537).toString('base64')), 'too large').to.equal(undefined);
    expect(readAvatar(' '.repeat(10_000_000)), 'far too long').to.equal(undefined);
  });

  it('is looked at five times in a row, then once a minute', () => {
    let paid = 0;
    const waits: number[] = [];
    for (let look = 0; look < 7; look += 1) {
      const turn = turnOf(paid, 1_000_000);
      waits.push(turn.at - 1_000_000);
      ({ paid } = turn);
    }
    expect(waits).to.deep.equal([0, 0, 0, 0, 0, 60_000, 120_000]);
    expect(turnOf(paid, 2_000_000).at).to.equal(2_000_000);
  });
});
