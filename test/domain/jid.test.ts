import { expect } from 'chai';
import { bareOf, domainOf, parseBareJid, resourceOf } from '../../domain/jid.ts';

describe('domain/jid', () => {
  it('brings a bare JID into the form that servers compare', () => {
    expect(parseBareJid('Alice@OP.Example')).to.equal('alice@op.example');
    expect(parseBareJid('+8613800138000@op.example')).to.equal('+8613800138000@op.example');
  });

  it('takes nothing that is no bare JID', () => {
    for (const text of [
      '',
      'op.example',
      '@op.example',
      'alice@',
      'alice@op.example/phone',
      'a b@op.example',
      'a<b@op.example',
      'a@b@op.example',
      'alice@op_example',
      'a\u0000@op.example',
      `${'x'.repeat(256)}@op.example`,
    ])
      expect(parseBareJid(text), text).to.equal(undefined);
  });

  it('takes a full JID apart', () => {
    expect([bareOf('a@b/c/d'), resourceOf('a@b/c/d'), domainOf('a@b')]).to.deep.equal(['a@b', 'c/d', 'b']);
    expect([bareOf('a@b'), resourceOf('a@b')]).to.deep.equal(['a@b', '']);
  });
});
