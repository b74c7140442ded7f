import { createXmlStream, tooLarge, type XmlStream } from './xml-stream.ts';

/** One resource of a multistatus (RFC 4918, section 14.24). `status`: its own, or 200. */
export type Resource = {
  href: string;
  status: number;
  etag: string;
  isAddressBook: boolean;
  /** The text of a card (RFC 6352, section 10.4). */
  card?: string;
  /**
   * Where the user's principal is (RFC 5397), and where its address books are (RFC 6352, section
   * 7.1.1).
   */
  principal?: string;
  home?: string;
};

/** What a 207 says (RFC 4918, section 13). `syncToken`: empty where it names none (RFC 6578, section 6.2). */
export type Multistatus = { resources: Resource[]; syncToken: string };

/** `result`: what the answer said; undefined when it was no multistatus. */
export type MultistatusReader = XmlStream & { result(): Multistatus | undefined };

/**
 * Resources in one answer, characters of all its cards, and of each address, ETag or token in it,
 * which are kept.
 */
const MOST_RESOURCES = 100_000;
const MOST_TEXT = 8 * 1024 * 1024;
const LONGEST_WORD = 8_192;

const DAV = (name: string) => `DAV: ${name}`;
const CARDDAV = (name: string) => `urn:ietf:params:xml:ns:carddav ${name}`;

/**
 * Reads a multistatus as it arrives and keeps of it what address books need, under any prefixes and
 * in any order.
 */
export function createMultistatusReader(): MultistatusReader {
  const answer: Multistatus = { resources: [], syncToken: '' };
  let isMultistatus = false;
  let textLength = 0;
  let resource = emptyResource();
  /** Those of one `propstat`, which count if its status says so. */
  let properties: Partial<Resource> = {};
  let propertiesStatus = 200;

  const opened: Record<string, () => void> = {
    [place('', DAV('multistatus'))]: () => {
      isMultistatus = true;
    },
    [place(DAV('multistatus'), DAV('response'))]: () => {
      resource = emptyResource();
    },
    [place(DAV('response'), DAV('propstat'))]: () => {
      [properties, propertiesStatus] = [{}, 200];
    },
    [place(DAV('resourcetype'), CARDDAV('addressbook'))]: () => {
      properties.isAddressBook = true;
    },
  };
  const closed: Record<string, (text: string) => void> = {
    [place(DAV('response'), DAV('href'))]: (text) => {
      resource.href ||= wordIn(text);
    },
    [place(DAV('response'), DAV('status'))]: (text) => {
      resource.status = statusIn(text);
    },
    [place(DAV('propstat'), DAV('status'))]: (text) => {
      propertiesStatus = statusIn(text);
    },
    [place(DAV('prop'), DAV('getetag'))]: (text) => {
      properties.etag = wordIn(text);
    },
    [place(DAV('prop'), CARDDAV('address-data'))]: (text) => {
      textLength += text.length;
      if (textLength > MOST_TEXT) throw tooLarge();
      properties.card = text;
    },
    [place(DAV('current-user-principal'), DAV('href'))]: (text) => {
      properties.principal ??= wordIn(text);
    },
    [place(CARDDAV('addressbook-home-set'), DAV('href'))]: (text) => {
      properties.home ??= wordIn(text);
    },
    [place(DAV('response'), DAV('propstat'))]: () => {
      if (propertiesStatus < 300) Object.assign(resource, properties);
    },
    [place(DAV('multistatus'), DAV('response'))]: () => {
      if (answer.resources.push(resource) > MOST_RESOURCES) throw tooLarge();
    },
    [place(DAV('multistatus'), DAV('sync-token'))]: (text) => {
      answer.syncToken = wordIn(text);
    },
  };
  const xml = createXmlStream({
    open: (parent, name) => opened[place(parent, name)]?.(),
    close: (parent, name, text) => closed[place(parent, name)]?.(text),
  });
  return { ...xml, result: () => (isMultistatus ? answer : undefined) };
}

function place(parent: string, name: string): string {
  return `${parent}>${name}`;
}

function wordIn(text: string): string {
  if (text.length > LONGEST_WORD) throw tooLarge();
  return text.trim();
}

function emptyResource(): Resource {
  return { href: '', status: 200, etag: '', isAddressBook: false };
}

/**
 * Of a status line such as `HTTP/1.1 404 Not Found`; of anything else 200, as if there were none.
 */
function statusIn(text: string): number {
  return Number(/^\s*HTTP\/\S+\s+(\d{3})\b/.exec(text)?.[1] ?? 200);
}
