import { Denied } from './denied.ts';
import { descendants, type Element } from './xml.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** What a server may name in its texts and a log must not hold: addresses, and numbers as long as a phone number. */
const PERSONAL = /[^\s@<>"']+@[^\s@<>"']+|\+?\d{7,}/g;

/** A stanza error (RFC 6120, section 8.3): `condition` such as `item-not-found`. The server's text is kept for the log, without whom it names. */
export class StanzaError extends Denied {
  readonly condition: string;

  constructor(condition: string, text: string) {
    super(text === '' ? condition : `${condition}: ${text.replace(PERSONAL, '…')}`);
    this.name = 'StanzaError';
    this.condition = condition;
  }
}

/**
 * The error that a stanza of type `error` carries. ejabberd tells one of a user's own request
 * (XEP-0356, section 6) only in the IQ that the stanza wraps.
 */
export function stanzaErrorOf(stanza: Element): StanzaError {
  const inner = descendants(stanza, 'iq', 'jabber:client')[0];
  const error = stanza.getChild('error') ?? inner?.getChild('error');
  const condition = error?.getChildElements().find((child) => child.getNS() === STANZAS && child.name !== 'text');
  return new StanzaError(condition?.name ?? 'undefined-condition', error?.getChildText('text', STANZAS) ?? '');
}

/** The request was answered by one of these conditions. */
export function isCondition(error: unknown, ...conditions: string[]): boolean {
  return error instanceof StanzaError && conditions.includes(error.condition);
}
