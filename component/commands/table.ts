import { accountPassword } from './account-password.ts';
import type { Command, CommandContext, Visit } from './command.ts';
import { devices } from './devices.ts';
import { forget } from './forget.ts';
import { friends } from './friends.ts';
import { link } from './link.ts';
import { passwords } from './passwords.ts';
import { play } from './play.ts';
import { playing } from './playing.ts';
import { privacy } from './privacy.ts';
import { privateSession } from './private.ts';
import { stop } from './stop.ts';

/** Everything that can be done from a client, by form or by text. */
const ALL: readonly Command[] = [
  link,
  playing,
  friends,
  play,
  stop,
  privateSession,
  privacy,
  devices,
  passwords,
  accountPassword,
  forget,
];

/** What this operator offers: without the doors for players nothing takes an application password. */
export function commandsOf({ config }: CommandContext): readonly Command[] {
  return config.players === 'on' ? ALL : ALL.filter((command) => command !== passwords);
}

/** The commands that this user is shown; to somebody whose account is linked to no number, those alone that need none. */
export function commandsFor({ context, subscriber }: Visit): readonly Command[] {
  return commandsOf(context).filter(({ open }) => open === 'to users' || subscriber !== undefined);
}
