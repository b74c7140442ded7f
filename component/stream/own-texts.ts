import type { Component, Element } from '@xmpp/component';

/**
 * V8 keeps a part of a string of 13 characters and more as a view into the whole. Of a stanza the whole is what came with it in one
 * read, up to 64 kB of other people's, which one address that is remembered would keep: each text gets characters of its own.
 */
export function ownTexts(entity: Component): void {
  const take = entity._onElement;
  entity._onElement = (stanza) => {
    // Not by recursion: a stanza may be ten thousand elements deep.
    const left: Element[] = [stanza];
    for (let element = left.pop(); element; element = left.pop()) {
      const { attrs, children } = element;
      for (const [name, value] of Object.entries(attrs)) attrs[name] = copyOf(value ?? '');
      for (const [i, child] of children.entries())
        if (typeof child === 'string') children[i] = copyOf(child);
        else left.push(child);
    }
    take.call(entity, stanza);
  };
}

/** V8 copies what is joined when a part of it is taken; measured at 40 ns. */
function copyOf(text: string): string {
  return ` ${text}`.slice(1);
}
