import { SaxesParser } from 'saxes';
import { Fault } from '../../domain/fault.ts';

/**
 * Names are `namespace local`; `parent` is empty for the root. `text`: what stands in the element
 * itself, not in those within.
 */
export type XmlEvents = {
  open(parent: string, name: string): void;
  close(parent: string, name: string, text: string): void;
};

/** Reads XML as it comes in, and keeps no tree of it. */
export type XmlStream = {
  /** The next piece. @throws Fault INVALID_ARGUMENT, PAYLOAD_TOO_LARGE */
  write(piece: string): void;
  /** @throws Fault INVALID_ARGUMENT when it breaks off */
  end(): void;
};

/**
 * Elements, those in one another, attributes of one, and characters without a tag: more than any
 * honest server sends.
 */
const MOST_ELEMENTS = 500_000;
const DEEPEST = 32;
const MOST_ATTRIBUTES = 64;
const LONGEST_TEXT = 8 * 1024 * 1024;

type Open = { name: string; attributes: number; spaces: Record<string, string>; text: string };

/**
 * Reads XML with namespaces as it arrives. What a stranger sends costs time and memory in
 * proportion to its bytes: depth, attributes and texts are bounded while they are read, only open
 * elements are kept, and there are no entities but those of XML itself, as a document type
 * definition ends the read.
 */
export function createXmlStream({ open, close }: XmlEvents): XmlStream {
  const parser = new SaxesParser({ xmlns: false });
  const stack: Open[] = [];
  let elements = 0;
  let heard = 0;
  const top = () => stack.at(-1);

  parser.on('error', () => {
    throw new Fault('INVALID_ARGUMENT', 'The server’s answer is no XML; check that the URL is one of CardDAV.');
  });
  parser.on('doctype', () => {
    throw new Fault('INVALID_ARGUMENT', 'The server’s XML has a document type definition, which is not read.');
  });
  parser.on('opentagstart', ({ name }) => {
    elements += 1;
    if (elements > MOST_ELEMENTS || stack.length >= DEEPEST) throw tooLarge();
    stack.push({ name, attributes: 0, spaces: Object.create(top()?.spaces ?? null), text: '' });
  });
  parser.on('attribute', ({ name, value }) => {
    const element = top();
    if (!element) return;
    element.attributes += 1;
    if (element.attributes > MOST_ATTRIBUTES) throw tooLarge();
    if (name === 'xmlns') element.spaces[''] = value;
    else if (name.startsWith('xmlns:')) element.spaces[name.slice('xmlns:'.length)] = value;
  });
  parser.on('opentag', () => {
    heard = parser.position;
    const element = top();
    if (!element) return;
    element.name = expand(element);
    open(stack.at(-2)?.name ?? '', element.name);
  });
  const addText = (text: string) => {
    heard = parser.position;
    const element = top();
    if (element) element.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    heard = parser.position;
    const element = stack.pop();
    if (element) close(top()?.name ?? '', element.name, element.text);
  });

  return {
    write(piece) {
      parser.write(piece);
      if (parser.position - heard > LONGEST_TEXT) throw tooLarge();
    },
    end: () => void parser.close(),
  };
}

function expand({ name, spaces }: Open): string {
  const colon = name.indexOf(':');
  return `${spaces[name.slice(0, Math.max(colon, 0))] ?? ''} ${name.slice(colon + 1)}`;
}

/** What is thrown for an answer that is too large; `readEntries` asks for fewer cards then. */
export function tooLarge(): Fault {
  return new Fault('PAYLOAD_TOO_LARGE', 'The server’s answer is larger than a book may be.');
}
