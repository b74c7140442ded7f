import { domainOf } from '../../../domain/account/jid.ts';
import { elapsed } from '../../../runtime/elapsed.ts';
import type { Stream } from '../../stream/stream.ts';
import type { Connection, ServerKind } from '../kind.ts';
import { createMeetings } from '../meetings.ts';
import { ownAccount } from '../own-account.ts';
import { privilegedIq } from '../privileged-iq.ts';
import { createPrivilegedVcards } from '../privileged-vcards.ts';
import { missingRights, type Need, NODE_NEEDS, type Rights } from '../privileges.ts';
import { createRosters } from '../rosters.ts';
import type { Ability, AccountAbility, Lack, MeetingAbility, NodeAbility, XmppServer } from '../server.ts';
import { withFirstWrites } from '../trusted-nodes.ts';
import { type CallApi, createApi } from './api.ts';
import { createApiAccounts, noAccounts } from './api-accounts.ts';
import { createApiSnapshot } from './api-presences.ts';
import { createApiRosters } from './api-rosters.ts';
import { ejabberdAdvice } from './ejabberd-advice.ts';
import { createSpokenKeeps, createWrappedKeeps } from './ejabberd-keeps.ts';
import { withApiOrder } from './ejabberd-meetings.ts';
import { createWrappedNodes, withEvents } from './ejabberd-nodes.ts';
import { type EjabberdApiConfig, readEjabberdApi } from './ejabberd-settings.ts';
import { createKnownAccounts, type KnownAccounts } from './known-accounts.ts';
import { type IsOnline, maySeeActivity, onlineByActivity, onlineByApi } from './online.ts';
import { createSpokenNodes } from './spoken-nodes.ts';
import { createLapses } from './uptime.ts';

/**
 * What Earshot needs of ejabberd. With `roster`, the other right to presences, the end of a
 * friendship would look as if the former friend had left.
 */
const NEEDS: readonly Need[] = [
  { right: 'roster', types: ['both', 'get'], ability: 'rosters' },
  { right: 'presence', types: ['managed_entity'], ability: 'presences' },
];
/**
 * What a contact without a resource can do ejabberd does not ask where mod_muc is not loaded (its hook
 * fails), and the last tune it sends to none.
 */
const RESOURCE = 'earshot';
const NO_API: Lack = { ability: 'rosters', what: 'the HTTP API of ejabberd (EARSHOT_EJABBERD_API)' };

/**
 * ejabberd with mod_privilege: rosters and accounts by its HTTP API; nodes by the rights of XEP-0356, and on 23, which has
 * none for them, as its users.
 */
export const ejabberd: ServerKind = {
  // With mod_privilege it drops what a component asks the host (docs/operating.md).
  recognises: (software) => software?.some((name) => /\bejabberd\b/i.test(name)) ?? true,
  readSettings(read) {
    const api = readEjabberdApi(read);
    return (connection) => adapt(connection, api);
  },
};

function adapt(connection: Connection, api: EjabberdApiConfig | undefined): (rights: Rights) => XmppServer {
  const { stream, domain, homeHost, log } = connection;
  const advice = (lacking: readonly Ability[]) => ejabberdAdvice(lacking, domain, api !== undefined);
  const meetings = createMeetings(stream, homeHost, () =>
    log.error(`New friends see each other only at their next presence change. ${advice(['meetings'])}`),
  );
  const parts = withApi(connection, api);
  const vcards = createPrivilegedVcards(privilegedIq(stream, inUpperCase));

  return (rights) => {
    const isSpoken = rights.get('version') === '1';
    parts?.heed(rights);
    const needs = isSpoken ? NEEDS : [...NEEDS, ...NODE_NEEDS];
    const lacks = [...missingRights(rights, needs, homeHost), ...(parts ? [] : [NO_API])];
    const has = (ability: Ability) => !lacks.some((lack) => lack.ability === ability);
    return {
      mode: 'privileged',
      allowsOne: false,
      appearsAs: RESOURCE,
      ...(parts && has('rosters') && { rosters: parts.rosters }),
      ...(has('presences') && {
        presences: { namesAllAtConnect: false, ...(parts && { snapshot: parts.snapshot }) },
      }),
      ...(parts && has('nodes') && (isSpoken ? parts.spoken() : parts.wrapped)),
      ...(['get', 'both'].includes(rights.get('iq vcard-temp') ?? '') && { vcards }),
      accounts: parts?.accounts ?? noAccounts(),
      ...(parts && { lapses: parts.lapses }),
      meetings: parts?.meetings(meetings) ?? meetings,
      lacks,
      advice,
    };
  };
}

/** What works with the HTTP API; undefined where it is not given. */
function withApi(connection: Connection, api: EjabberdApiConfig | undefined) {
  if (!api) return undefined;
  const { stream, domain, homeHost, seemsOnline, log, distrust } = connection;
  const call = whenCertain(stream, createApi(api));
  const accounts = createApiAccounts(call, ownAccount(connection));
  const known = createKnownAccounts(accounts.exists, elapsed);
  const ask = privilegedIq(stream, inUpperCase);
  const snapshot = createApiSnapshot(call, homeHost);
  const byApi = onlineByApi(snapshot);
  const byActivity = onlineByActivity(ask, seemsOnline, byApi);
  let asked = byApi;
  let spoken: Pick<XmppServer, 'nodes' | 'keeps'> | undefined;
  const failed = (err: unknown) => log.warn({ err }, 'friends are not sent again what somebody plays who came online');
  function trusted(nodes: NodeAbility, isHere: IsOnline): NodeAbility {
    return withFirstWrites(withEvents(nodes, stream, isHere, elapsed, failed), stream, () => distrust('nodes'));
  }
  return {
    /** Decides by the rights how it is asked who is online. */
    heed(rights: Rights): void {
      asked = maySeeActivity(rights) ? byActivity : byApi;
    },
    rosters: createRosters(stream, createApiRosters(call), accounts.exists, () => distrust('rosters'), {
      failsEmpty: true,
    }),
    wrapped: {
      nodes: trusted(createWrappedNodes(ask, domain, known), (jid) => asked(jid)),
      keeps: createWrappedKeeps(stream, ask, known),
    },
    /** Made when they are needed, as they remember every item of every node that they hear of. */
    spoken: () => {
      spoken ??= {
        nodes: trusted(createSpokenNodes(stream, domain, known), byApi),
        keeps: createSpokenKeeps(stream, domain, known),
      };
      return spoken;
    },
    accounts: remembered(accounts, known),
    snapshot,
    meetings: (plain: MeetingAbility) => withApiOrder(plain, call, stream, homeHost),
    lapses: createLapses(call, Date.now),
  };
}

/** The API hears whoever has its password: here, too, only the active component speaks. */
function whenCertain({ certain }: Stream, call: CallApi): CallApi {
  return async (command, args) => {
    await certain();
    return call(command, args);
  };
}

/** An account that is deleted is known no longer. */
function remembered(accounts: AccountAbility, known: KnownAccounts): AccountAbility {
  return {
    ...accounts,
    remove: (jid) => known.without(jid, () => accounts.remove(jid)),
  };
}

/** ejabberd 24 takes the wrapped IQ only when it is written to another address than the one around it (its bug 4348); domains have no case. */
function inUpperCase(jid: string): string {
  const domain = domainOf(jid);
  return `${jid.slice(0, jid.length - domain.length)}${domain.toUpperCase()}`;
}
