import { decideShowing, type Showing } from '../../domain/playing/showing.ts';
import { type Playing, play, type Tune } from '../../domain/playing/tune.ts';
import { wakeOutlets } from '../../runtime/queues.ts';
import { toRemember } from '../../store/playing/recent.ts';
import type { ServiceContext } from '../context.ts';

/** One of a subscriber's devices; `player` as in `Playing`. */
export type Source = { id: string; device: string; player?: string | undefined };

/**
 * What every door does with a clean tune: it plays on that device from now on. In one step it is stored, made due for every
 * outlet, told to the pages, and noted in the history if friends are shown it.
 */
export async function playTune(
  { stores, queues, config, now }: ServiceContext,
  { id, device, player }: Source,
  tune: Tune,
): Promise<{ playing: Playing; showing: Showing }> {
  const time = now();
  const basis = await stores.situations.basis(id);
  const before = basis.devices.find((one) => one.device === device);
  const playing = play(before, device, tune, time, player);
  const showing = decideShowing(
    { ...basis, devices: [...basis.devices.filter((one) => one !== before), playing] },
    time,
  );
  await stores.nowPlaying.play(id, playing, time, toRemember(config, basis, showing));
  await wakeOutlets(queues, [id]);
  return { playing, showing };
}

/** Stops one device, or all; false when nothing was playing there. */
export async function stopPlaying(
  { stores, queues, now }: ServiceContext,
  { id, device }: { id: string; device: string | undefined },
): Promise<boolean> {
  const stopped = await stores.nowPlaying.stop(id, device, now());
  if (stopped) await wakeOutlets(queues, [id]);
  return stopped;
}
