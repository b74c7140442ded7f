import { type Playing, play, type Tune } from '../../domain/playing/tune.ts';
import type { ServiceContext } from '../context.ts';

/** One of a subscriber's devices; `player` as in `Playing`. */
export type Source = { id: string; device: string; player?: string | undefined };

/** What every door does with a clean tune: it plays on that device from now on. */
export async function playTune(
  { stores, queues, now }: ServiceContext,
  { id, device, player }: Source,
  tune: Tune,
): Promise<Playing> {
  const playing = play(await stores.nowPlaying.device(id, device), device, tune, now(), player);
  await stores.nowPlaying.play(id, playing, now());
  await queues.enqueue('tune', [id]);
  return playing;
}

/** Stops one device, or all; false when nothing was playing there. */
export async function stopPlaying(
  { stores, queues, now }: ServiceContext,
  { id, device }: { id: string; device: string | undefined },
): Promise<boolean> {
  const stopped = await stores.nowPlaying.stop(id, device, now());
  if (stopped) await queues.enqueue('tune', [id]);
  return stopped;
}
