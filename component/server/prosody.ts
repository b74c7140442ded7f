import { createAccounts, privilegedView } from './accounts.ts';
import type { ServerKind } from './kind.ts';
import { createMeetings } from './meetings.ts';
import { createPrivilegedNodes } from './privileged-nodes.ts';
import { createPrivilegedRosters } from './privileged-rosters.ts';
import { createPrivilegedVcards } from './privileged-vcards.ts';
import { missingRights, NO_RIGHTS, readRights } from './privileges.ts';
import { prosodyAdvice } from './prosody-advice.ts';
import type { Ability, XmppServer } from './server.ts';

/** Prosody with mod_privilege: what users' accounts hold by the rights of XEP-0356, accounts by the commands of XEP-0133. */
export const prosody: ServerKind = ({ stream, domain, homeHost, log, distrust }) => {
  const advice = (lacking: readonly Ability[]) => prosodyAdvice(lacking, homeHost, domain);
  const rosters = createPrivilegedRosters(stream, distrust);
  const nodes = createPrivilegedNodes(stream, domain);
  const vcards = createPrivilegedVcards(stream);
  const accounts = createAccounts(stream, homeHost, privilegedView(stream));
  const meetings = createMeetings(stream, () =>
    log.error(`New friends see each other only at their next presence change: ${advice(['meetings'])}`),
  );

  return (announcement): XmppServer | undefined => {
    const rights = announcement === undefined ? NO_RIGHTS : readRights(announcement, homeHost);
    if (!rights) return undefined;
    const lacks = missingRights(rights, homeHost);
    const has = (ability: Ability) => !lacks.some((lack) => lack.ability === ability);
    return {
      mode: 'privileged',
      ...(has('rosters') && { rosters }),
      ...(has('presences') && { presences: { namesAllAtConnect: true } }),
      ...(has('nodes') && { nodes }),
      ...(['get', 'both'].includes(rights.get('iq vcard-temp') ?? '') && { vcards }),
      accounts,
      meetings,
      lacks,
      advice,
    };
  };
};
