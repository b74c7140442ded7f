import type { Component, Element } from '@xmpp/component';
import { ownText } from '../../domain/text.ts';

/**
 * Each text of a stanza gets characters of its own: otherwise one address that is remembered would keep all that came with it in one
 * read, up to 64 kB of other people's.
 */
export function ownTexts(entity: Component): void {
  const take = entity._onElement;
  entity._onElement = (stanza) => {
    // Not by recursion: a stanza may be ten thousand elements deep.
    const left: Element[] = [stanza];
    for (let element = left.pop(); element; element = left.pop()) {
      const { attrs, children } = element;
      for (const [name, value] of Object.entries(attrs)) attrs[name] = ownText(value ?? '');
      for (const [i, child] of children.entries())
        if (typeof child === 'string') children[i] = ownText(child);
        else left.push(child);
    }
    take.call(entity, stanza);
  };
}
