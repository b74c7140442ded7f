import { expect } from 'chai';
import { lengthOf } from '../../domain/text.ts';
import { noteOf, presenceDocument } from '../../sip/pidf.ts';

const ENTITY = 'sip:+4915112345678@op.example;user=phone';

describe('sip/pidf', () => {
  it('says what plays in words and by the elements of XEP-0118, and nothing of what the phone does', () => {
    const tune = { kind: 'audio', title: 'A & B <live>', artist: 'Björk', length: 213 } as const;
    expect(presenceDocument(ENTITY, tune)).to.equal(
      '<?xml version="1.0" encoding="UTF-8"?>' +
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" ' +
        'entity="sip:+4915112345678@op.example;user=phone">' +
        '<tuple id="earshot"><status><basic>open</basic></status><note>♪ A &amp; B &lt;live&gt; — Björk</note></tuple>' +
        '<dm:person id="earshot-person"><tune xmlns="http://jabber.org/protocol/tune"><artist>Björk</artist>' +
        '<length>213</length><title>A &amp; B &lt;live&gt;</title></tune><dm:note>♪ A &amp; B &lt;live&gt; — Björk</dm:note>' +
        '</dm:person></presence>',
    );
  });

  it('keeps the note to 120 characters, and cuts none in two', () => {
    expect(noteOf({ kind: 'video', title: 'Title' })).to.equal('♪ Title');
    const exact = noteOf({ kind: 'audio', title: '𝄞'.repeat(118) });
    expect(exact).to.equal(`♪ ${'𝄞'.repeat(118)}`);
    const clipped = noteOf({ kind: 'audio', title: '𝄞'.repeat(119), artist: 'Somebody' });
    expect(clipped).to.equal(`♪ ${'𝄞'.repeat(117)}…`);
    expect(lengthOf(clipped)).to.equal(120);
  });
});
