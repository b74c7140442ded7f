import type { Component } from '@xmpp/component';
import { expect } from 'chai';
import { parse } from 'ltx';
import { ownTexts } from '../../../component/stream/own-texts.ts';
import type { Element } from '../../../component/stream/xml.ts';
import { heapHeld } from '../../support/garbage.ts';

describe('component/stream/own-texts', () => {
  it('lets an address be remembered without the 100 kB that came with it', () => {
    const kept: unknown[] = [];
    const take = ({ attrs, children }: Element) => void kept.push(attrs.from, (children[0] as Element).children[0]);
    const entity = { _onElement: take } as unknown as Component;
    ownTexts(entity);
    const before = heapHeld();
    for (let i = 0; i < 200; i += 1) {
      const others = `<body>${`${i}`.padEnd(100_000, '.')}</body>`;
      const read = `<presence from='somebody-${i}@op.example/phone'><status>is at home, number ${i}</status>${others}</presence>`;
      entity._onElement(parse(read) as unknown as Element);
    }
    expect(kept[398]).to.equal('somebody-199@op.example/phone');
    expect(kept[399]).to.equal('is at home, number 199');
    expect((heapHeld() - before) / 1_000, 'kB').to.be.below(2_000);
  });

  it('leaves a stanza as it is, however deep', () => {
    const taken: Element[] = [];
    const entity = { _onElement: (stanza: Element) => void taken.push(stanza) } as unknown as Component;
    ownTexts(entity);
    const depth = 20_000;
    const text = `<iq type='get' id=''>${"<a x='1 &amp; 2'>".repeat(depth)}&lt;${'</a>'.repeat(depth)}</iq>`;
    entity._onElement(parse(text) as unknown as Element);
    let [element] = taken;
    for (let i = 0; i < depth; i += 1) element = element?.children[0] as Element;
    expect(taken[0]?.attrs).to.deep.equal({ type: 'get', id: '' });
    expect(element?.attrs).to.deep.equal({ x: '1 & 2' });
    expect(element?.children).to.deep.equal(['<']);
  });
});
