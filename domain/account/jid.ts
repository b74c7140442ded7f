import saslprep from '@mongodb-js/saslprep';

/**
 * What a localpart cannot have: the signs, by RFC 7622, section 3.3.1; the ideographs, because NFC maps
 * them to other ones while nodeprep (RFC 6122, appendix A.5) knew an older Unicode, so that one server
 * would keep another name than the next.
 */
const EXCLUDED = /["&'/:<>@\uFA2E\uFA2F\uFA6B-\uFAD9\u{2F868}\u{2F874}\u{2F91F}\u{2F95F}\u{2F9BF}]/u;
/** The characters of PRECIS' IdentifierClass (RFC 8264, section 4.2) with its exceptions (section 9.6), but for those that depend on their neighbours. */
const IDENTIFIER = /^[!-~\p{Ll}\p{Lu}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}\u06FD\u06FE\u0F0B\u3007]+$/u;
const NOT_IDENTIFIER = /[\u0640\u07FA\u1100-\u11FF\u302E\u302F\u3031-\u3035\u303B]/;
/** RFC 8264, appendices A.8 and A.9, and what RFC 5893, section 2 forbids beyond stringprep. */
const MIXED_DIGITS = /^(?=.*[\u0660-\u0669])(?:.*[0-9\u06F0-\u06F9]|\P{Script=Arabic})/u;
/** Full and half width (RFC 8265, section 3.3.1); half-width Hangul is nothing that can be prepared. */
const WIDTH = /[\u3000\uFF01-\uFF9F\uFFE0-\uFFE6]/g;
const ASCII = /^[!-~]*$/;
const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
/** Octets (RFC 7622, section 3.3). */
const LONGEST_LOCALPART = 1023;

/**
 * A bare JID as RFC 7622 prepares it, or undefined when the text is no `local@domain`, or one that servers by the older nodeprep, such as Prosody, would
 * store as another (decision 119). A resource is not accepted: subscribers are people, not clients.
 */
export function parseBareJid(text: string): string | undefined {
  const at = text.indexOf('@');
  const local = prepareLocalpart(text.slice(0, Math.max(at, 0)));
  const domain = prepareDomain(text.slice(at + 1));
  return local !== undefined && domain !== undefined ? `${local}@${domain}` : undefined;
}

/** PRECIS' UsernameCaseMapped (RFC 8265, section 3.3), as far as nodeprep makes the same of it. */
function prepareLocalpart(text: string): string | undefined {
  if (text === '' || text.length > LONGEST_LOCALPART) return undefined;
  const narrow = text.replace(WIDTH, (character) => character.normalize('NFKC'));
  const local = narrow.toLowerCase().normalize('NFC');
  if (EXCLUDED.test(narrow) || !IDENTIFIER.test(local)) return undefined;
  if (ASCII.test(local)) return local;
  if (NOT_IDENTIFIER.test(local) || MIXED_DIGITS.test(local)) return undefined;
  if (Buffer.byteLength(local) > LONGEST_LOCALPART) return undefined;
  // A capital letter that is newer than stringprep is another letter to it than the small one.
  return isStable(local) && stringprep(narrow) !== undefined ? local : undefined;
}

/**
 * A domain name in lower case, without the dot at its end (RFC 7622, section 3.2); undefined when it is none. What is written in ASCII stays so, also where it
 * encodes other letters: the server is configured with one form or the other.
 */
export function prepareDomain(text: string): string | undefined {
  const domain = text
    .toLowerCase()
    .normalize('NFC')
    .replace(/[.。]$/, '');
  if (ASCII.test(domain)) return DOMAIN.test(domain) ? domain : undefined;
  const host = `http://${domain}`;
  const named = URL.canParse(host) && DOMAIN.test(new URL(host).hostname);
  return named && isStable(domain) ? domain : undefined;
}

/** Whether stringprep leaves the text as it is. */
function isStable(text: string): boolean {
  return stringprep(text) === text && [...text].map(foldCase).join('').normalize('NFKC') === text;
}

/** What stringprep (RFC 3454) makes of it but for the case; undefined when something in it is forbidden or newer than Unicode 3.2, or it has two directions. */
function stringprep(text: string): string | undefined {
  try {
    return saslprep(text);
  } catch {
    return undefined;
  }
}

/** Case folding (RFC 3454, table B.2): lower case, but for letters such as ß and ς, which become others. */
function foldCase(letter: string): string {
  return letter === 'ı' ? letter : [...letter.toUpperCase()].map((upper) => upper.toLowerCase()).join('');
}

/** Whether both name the same, however they are written. */
export function sameJid(one: string, other: string): boolean {
  return one === other || prepared(one) === prepared(other);
}

function prepared(jid: string): string {
  const bare = bareOf(jid);
  const known = bare.includes('@') ? parseBareJid(bare) : prepareDomain(bare);
  return (known ?? bare) + jid.slice(bare.length).normalize('NFC');
}

/** `alice@op.example` of `alice@op.example/phone`. */
export function bareOf(jid: string): string {
  const slash = jid.indexOf('/');
  return slash < 0 ? jid : jid.slice(0, slash);
}

/** `phone` of `alice@op.example/phone`; empty when there is no resource. */
export function resourceOf(jid: string): string {
  const slash = jid.indexOf('/');
  return slash < 0 ? '' : jid.slice(slash + 1);
}

/** `op.example` of `alice@op.example`. */
export function domainOf(bareJid: string): string {
  return bareJid.slice(bareJid.indexOf('@') + 1);
}
