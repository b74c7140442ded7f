import { decideShowing, type Showing, visibleTo } from '../../domain/playing/showing.ts';
import { type Playing, play, type Tune } from '../../domain/playing/tune.ts';
import { wakeOthers } from '../../store/base/makes-due.ts';
import type { Along } from '../../store/base/script.ts';
import { toRemember } from '../../store/playing/recent.ts';
import type { OwnSituation } from '../../store/playing/situation.ts';
import type { ServiceContext } from '../context.ts';

/** One of a subscriber's devices; `player` as in `Playing`. */
export type Source = { id: string; device: string; player?: string | undefined };

/**
 * What every door does with a clean tune: it plays on that device from now on. In one step it is stored, made due for every
 * outlet, whose jobs are woken, told to the pages, and noted in the history if friends are shown it. `known`: for who has just read it;
 * `along`: what is written in the same step.
 */
export async function playTune(
  { stores, queues, config, now }: ServiceContext,
  { id, device, player }: Source,
  tune: Tune,
  { known, along }: { known?: OwnSituation; along?: Along | undefined } = {},
): Promise<{ playing: Playing; showing: Showing }> {
  const time = now();
  const basis = known ?? (await stores.situations.own(id));
  const before = basis.devices.find((one) => one.device === device);
  const playing = play(before, device, tune, time, player);
  const showing = decideShowing(
    { ...basis, devices: [...basis.devices.filter((one) => one !== before), playing] },
    time,
  );
  const shown = toRemember(config, basis, showing);
  await stores.nowPlaying.play(id, playing, time, {
    shown,
    wanted: (reach) => visibleTo(showing, reach),
    along,
  });
  await wakeOthers(queues, 'played', [id]);
  return { playing, showing };
}

/** Stops one device, or all; false when nothing was playing there. */
export async function stopPlaying(
  { stores, queues, now }: ServiceContext,
  { id, device }: { id: string; device: string | undefined },
  along?: Along,
): Promise<boolean> {
  const stopped = await stores.nowPlaying.stop(id, device, now(), along);
  if (stopped) await wakeOthers(queues, 'played', [id]);
  return stopped;
}
