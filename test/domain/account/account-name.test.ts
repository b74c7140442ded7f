import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { NAME_BYTES, speakableName } from '../../../domain/account/account-name.ts';
import { parseBareJid } from '../../../domain/account/jid.ts';

describe('domain/account/account-name', () => {
  it('writes 64 bits as four words that can be said', () => {
    // 127.0.0.1 and 63.84.220.193, as "A Proposal for Proquints" writes them.
    expect(speakableName(Uint8Array.of(127, 0, 0, 1, 63, 84, 220, 193))).to.equal('lusab-babad-gutih-tugad');
    expect(speakableName(new Uint8Array(NAME_BYTES))).to.equal('babab-babab-babab-babab');
    expect(speakableName(new Uint8Array(NAME_BYTES).fill(255))).to.equal('zuzuz-zuzuz-zuzuz-zuzuz');
  });

  it('gives every value a name of its own, which is a JID in the form that servers compare', () => {
    const names = Array.from({ length: 65_536 }, (_, n) =>
      speakableName(Uint8Array.of(n >> 8, n & 255, 0, 0, 0, 0, 0, 0)),
    );
    expect(new Set(names)).to.have.property('size', 65_536);
    const name = speakableName(randomBytes(NAME_BYTES));
    expect(name).to.match(/^(?:[bdfghjklmnprstvz][aiou]){2}[bdfghjklmnprstvz](?:-[a-z]{5}){3}$/);
    expect(parseBareJid(`${name.toUpperCase()}@op.example`)).to.equal(`${name}@op.example`);
  });
});
