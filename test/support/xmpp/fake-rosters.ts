import type { Element } from '@xmpp/xml';
import type { FakeServer } from './fake-server.ts';

const ROSTER = 'jabber:iq:roster';
const PRIVILEGE = 'urn:xmpp:privilege:2';

export type FakeRosters = {
  /** The subscription that a set of this one is stored with; undefined: nothing is stored. */
  store: (subscription: string) => string | undefined;
  /** Whose account answers nothing at all. */
  silent: Set<string>;
  /** Subscriptions in a user's roster by JID. */
  of(jid: string): Map<string, string>;
  /** How many requests have come in for that account. */
  asked(jid: string): number;
};

/** Lets a fake server answer as one with accounts does: it keeps rosters, in its own way, and takes whatever is done in a user's name. */
export function keepRosters(server: FakeServer): FakeRosters {
  const rosters = new Map<string, Map<string, string>>();
  const requests = new Map<string, number>();
  const fake: FakeRosters = {
    store: (subscription) => subscription,
    silent: new Set(),
    of(jid) {
      const roster = rosters.get(jid) ?? new Map<string, string>();
      rosters.set(jid, roster);
      return roster;
    },
    asked: (jid) => requests.get(jid) ?? 0,
  };

  function write({ attrs }: Element, roster: Map<string, string>): void {
    const { jid = '', subscription = 'none' } = attrs;
    const stored = subscription === 'remove' ? undefined : fake.store(subscription);
    if (stored === undefined) roster.delete(jid);
    else roster.set(jid, stored);
  }

  server.onStanza((stanza) => {
    const { type, to = '', id } = stanza.attrs;
    if (stanza.name !== 'iq' || (type !== 'get' && type !== 'set')) return;
    requests.set(to, fake.asked(to) + 1);
    if (fake.silent.has(to)) return;
    const query = stanza.getChild('query', ROSTER);
    const roster = fake.of(to);
    const item = query?.getChild('item');
    if (item) write(item, roster);
    const items = [...roster].map(([jid, held]) => `<item jid='${jid}' subscription='${held}'/>`).join('');
    const answer = query && !item ? `<query xmlns='${ROSTER}'>${items}</query>` : wrapped(stanza);
    server.send(`<iq type='result' id='${id}' from='${to}' to='tune.op.example'>${answer}</iq>`);
  });
  return fake;
}

/** What was done in a user's name, was done. */
function wrapped(stanza: Element): string {
  if (!stanza.getChild('privileged_iq', PRIVILEGE)) return '';
  const inner = "<iq xmlns='jabber:client' type='result' id='x'/>";
  return `<privilege xmlns='${PRIVILEGE}'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></privilege>`;
}
