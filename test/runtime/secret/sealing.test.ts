import { expect } from 'chai';
import { seal, unseal } from '../../../runtime/secret/sealing.ts';

const KEY = Buffer.alloc(32, 1);

describe('a sealed secret', () => {
  it('opens with its key, for its purpose, and looks different each time', () => {
    const sealed = seal(KEY, 'source a work', 'Pässwörd');
    expect(unseal(KEY, 'source a work', sealed)).to.equal('Pässwörd');
    expect(seal(KEY, 'source a work', 'Pässwörd')).not.to.equal(sealed);
    expect(unseal(KEY, 'source a work', seal(KEY, 'source a work', ''))).to.equal('');
  });

  it('stays shut with another key, for another purpose, and when it was changed', () => {
    const sealed = seal(KEY, 'source a work', 'secret');
    expect(unseal(Buffer.alloc(32, 2), 'source a work', sealed)).to.equal(undefined);
    expect(unseal(KEY, 'source b work', sealed)).to.equal(undefined);
    const bytes = Buffer.from(sealed, 'base64url');
    for (const [i, byte] of bytes.entries()) {
      const changed = Buffer.from(bytes);
      changed[i] = byte ^ 1;
      expect(unseal(KEY, 'source a work', changed.toString('base64url')), `byte ${i}`).to.equal(undefined);
    }
    for (const broken of ['', 'AAAA', sealed.slice(0, -4)])
      expect(unseal(KEY, 'source a work', broken), broken).to.equal(undefined);
  });
});
