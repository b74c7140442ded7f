// Nodeprep (RFC 6122, appendix A.5) forbids these in a localpart; white space and controls likewise.
const LOCALPART = /^[^\s"&'/:<>@\p{Cc}]{1,255}$/u;
const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * A bare JID in the form servers compare (RFC 7622: domain and localpart in lower case, NFC), or undefined when the
 * text is not `local@domain`. A resource is not accepted: subscribers are people, not clients.
 */
export function parseBareJid(text: string): string | undefined {
  const at = text.indexOf('@');
  if (at < 1) return undefined;
  const local = text.slice(0, at).normalize('NFC').toLowerCase();
  const domain = text.slice(at + 1).toLowerCase();
  return LOCALPART.test(local) && DOMAIN.test(domain) ? `${local}@${domain}` : undefined;
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
