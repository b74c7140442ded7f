import { createApi, partsOf } from '../../component/server/ejabberd/api.ts';
import type { Stack } from '../../local/stack/stack.ts';
import type { PublishForm } from '../load/raw-component.ts';
import type { Question } from '../load/ways.ts';
import { median } from '../median.ts';
import type { FullRate } from '../parts/publishing.ts';
import type { Row } from '../report/rows.ts';

/** Three rounds in turn. `asking`: ejabberd alone once more, by a bare component that asks what Earshot has to ask. */
export type Asked = { raw: FullRate; asking: FullRate; earshot: FullRate };

/**
 * What has to be asked of ejabberd at each publish, so that no tune of somebody who was cut off is lost: whether the publisher is
 * online (decisions 181 and 318). On the stream, and where ejabberd grants no IQs by its HTTP API.
 */
export function questionOf({ env }: Stack, form: PublishForm): Question {
  if (form !== 'as the user') return ({ readActivity }, jid) => readActivity(jid);
  const call = createApi({
    url: env.EARSHOT_EJABBERD_API ?? '',
    credential: { user: env.EARSHOT_EJABBERD_API_USER ?? '', password: env.EARSHOT_EJABBERD_API_PASSWORD ?? '' },
  });
  return (_, jid) => call('user_sessions_info', partsOf(jid));
}

/** How much of what is missing is ejabberd's, and how much Earshot's. */
export function askingRows(version: string, rounds: readonly Asked[]): Row[] {
  const compared = (what: string, part: keyof Asked, whole: keyof Asked): Row => {
    const rateOf = (side: keyof Asked) => median(rounds.map((round) => round[side].rate));
    const ratio = median(rounds.map((round) => round[part].rate / round[whole].rate));
    const measured = `${ratio.toFixed(2)}: ${rateOf(part).toFixed(0)} of ${rateOf(whole).toFixed(0)}`;
    return { what: `ejabberd ${version}: ${what}`, measured, goal: '', met: undefined };
  };
  return [
    compared(
      'the same by a bare component that asks whether each publisher is online, as Earshot has to',
      'asking',
      'raw',
    ),
    compared('tunes through Earshot that reach a friend, of those of that component', 'earshot', 'asking'),
  ];
}
