import { adminView, createAccounts, privilegedView } from '../accounts.ts';
import type { Connection, ServerKind } from '../kind.ts';
import { createMeetings } from '../meetings.ts';
import { createExistence, ownAccount } from '../own-account.ts';
import { privilegedIq } from '../privileged-iq.ts';
import { accountExists, createPrivilegedKeeps, createPrivilegedNodes } from '../privileged-nodes.ts';
import { createPrivilegedRosters } from '../privileged-rosters.ts';
import { createPrivilegedVcards } from '../privileged-vcards.ts';
import { missingRights, type Need, NODE_NEEDS, type Rights } from '../privileges.ts';
import type { Ability, XmppServer } from '../server.ts';
import { withFirstWrites } from '../trusted-nodes.ts';
import { prosodyAdvice } from './prosody-advice.ts';

/** What Earshot needs of Prosody. */
export const PROSODY_NEEDS: readonly Need[] = [
  { right: 'roster', types: ['both'], ability: 'rosters' },
  { right: 'presence', types: ['roster'], ability: 'presences' },
  ...NODE_NEEDS,
];

/** Prosody with mod_privilege: what users' accounts hold by the rights of XEP-0356, accounts by the commands of XEP-0133. Also what is of no known kind. */
export const prosody: ServerKind = {
  recognises: () => true,
  readSettings: () => adapt,
};

function adapt({ stream, domain, homeHost, secret, log, distrust }: Connection): (rights: Rights) => XmppServer {
  const advice = (lacking: readonly Ability[]) => prosodyAdvice(lacking, homeHost, domain);
  const own = ownAccount({ homeHost, secret });
  const existence = createExistence((jid) => accountExists(stream, jid), own);
  const { exists } = existence;
  const rosters = createPrivilegedRosters(stream, exists, () => distrust('rosters'));
  const nodes = withFirstWrites(createPrivilegedNodes(stream, domain, exists), stream, () => distrust('nodes'));
  const keeps = createPrivilegedKeeps(stream, exists);
  const vcards = createPrivilegedVcards(privilegedIq(stream));
  const meetings = createMeetings(stream, homeHost, () =>
    log.error(`New friends see each other only at their next presence change: ${advice(['meetings'])}`),
  );

  return (rights) => {
    const lacks = missingRights(rights, PROSODY_NEEDS, homeHost);
    const has = (ability: Ability) => !lacks.some((lack) => lack.ability === ability);
    const view = lacks.length === 0 ? privilegedView(stream, existence) : adminView(stream, homeHost, own);
    return {
      mode: 'privileged',
      allowsOne: true,
      ...(has('rosters') && { rosters }),
      ...(has('presences') && { presences: { namesAllAtConnect: true } }),
      ...(has('nodes') && { nodes, keeps }),
      ...(['get', 'both'].includes(rights.get('iq vcard-temp') ?? '') && { vcards }),
      accounts: createAccounts(stream, homeHost, view, own),
      meetings,
      lacks,
      advice,
    };
  };
}
