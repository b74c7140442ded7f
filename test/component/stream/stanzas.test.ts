import xmpp from '@xmpp/component';
import { expect } from 'chai';
import { missingRights, readRights } from '../../../component/server/privileges.ts';
import { PROSODY_NEEDS } from '../../../component/server/prosody/prosody.ts';
import { prosodyAdvice } from '../../../component/server/prosody/prosody-advice.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';
import { tuneElement } from '../../../component/tune/tune-element.ts';

const PUBSUB = 'http://jabber.org/protocol/pubsub';
const OWNER = `${PUBSUB}#owner`;
const perm = (access: string, type?: string, ...children: Element[]) => xml('perm', { access, type }, children);
const namespace = (ns: string, type: string, ...children: Element[]) => xml('namespace', { ns, type }, children);
const advertise = (...perms: Element[]) =>
  xml('message', { from: 'op.example' }, xml('privilege', { xmlns: 'urn:xmpp:privilege:2' }, perms));

describe('component stanzas', () => {
  it('write a user tune in the order of XEP-0118, and "stopped" as the empty tune', () => {
    const tune = tuneElement({
      kind: 'audio',
      title: 'T & <t>',
      artist: 'A',
      source: 'S',
      track: '2',
      length: 305,
      rating: 9,
      uri: 'https://x.example/?a=1&b=2',
    });
    expect(tune.toString()).to.equal(
      '<tune xmlns="http://jabber.org/protocol/tune"><artist>A</artist><length>305</length><rating>9</rating><source>S</source><title>T &amp; &lt;t&gt;</title><track>2</track><uri>https://x.example/?a=1&amp;b=2</uri></tune>',
    );
    expect(tuneElement(undefined).toString()).to.equal('<tune xmlns="http://jabber.org/protocol/tune"/>');
  });

  it('cannot carry a character that would close the stream, whoever forgot to clean it', () => {
    expect(xml('a', { b: 'x\u0000y\uffff' }, 'te\u0001xt\ud800').toString()).to.equal('<a b="xy">text\ufffd</a>');
    expect(xml('a')).to.be.instanceOf(xmpp.xml('b').constructor);
  });

  it('read the rights whether the server lists the namespaces or nests them, as Prosody 0.12 does', () => {
    const others = [perm('roster', 'both'), perm('presence', 'roster')];
    const listed = advertise(
      ...others,
      perm('iq', undefined, namespace(PUBSUB, 'both'), namespace(OWNER, 'both'), namespace('vcard-temp', 'get')),
    );
    const nested = advertise(
      ...others,
      perm('iq', undefined, namespace('vcard-temp', 'get', namespace(OWNER, 'both', namespace(PUBSUB, 'both')))),
    );
    for (const message of [listed, nested]) {
      const rights = readRights(message, 'op.example');
      expect(rights && missingRights(rights, PROSODY_NEEDS, 'op.example')).to.deep.equal([]);
      expect(rights?.get('iq vcard-temp')).to.equal('get');
    }
  });

  it('name the rights that are missing, with the lines that grant them', () => {
    const rights = readRights(advertise(perm('roster', 'get'), perm('presence', 'roster')), 'op.example') ?? new Map();
    const lacks = missingRights(rights, PROSODY_NEEDS, 'op.example');
    expect(lacks.map(({ what }) => what)).to.deep.equal(
      ['roster (both)', `iq ${PUBSUB} (both)`, `iq ${OWNER} (both)`].map(
        (right) => `the right ${right} on op.example (XEP-0356)`,
      ),
    );
    const abilities = [...new Set(lacks.map(({ ability }) => ability))];
    const advice = prosodyAdvice([...abilities, 'vcards'], 'op.example', 'tune.op.example');
    expect(advice)
      .to.contain('roster = "both";')
      .and.contain(`iq = { ["${PUBSUB}"] = "both"; ["${OWNER}"] = "both"; ["vcard-temp"] = "get"; };`)
      .and.not.contain('presence =');
    expect(advice.match(/iq =/g), 'one table of rights').to.have.length(1);
  });

  it('take rights from the home host only', () => {
    const message = advertise(perm('roster', 'both'));
    message.attrs.from = 'mallory@op.example';
    expect(readRights(message, 'op.example')).to.equal(undefined);
  });
});
