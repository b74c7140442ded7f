import { OPEN } from '../../domain/friendship/privacy.ts';
import { ALONE, type Basis, decideShowing, type Showing, visibleTo } from '../../domain/playing/showing.ts';
import { type Playing, play, type Tune } from '../../domain/playing/tune.ts';
import type { Cause } from '../../runtime/cause.ts';
import type { Along } from '../../store/base/script.ts';
import { wakeOthers } from '../../store/due/makes-due.ts';
import { toRemember } from '../../store/playing/recent.ts';
import type { OwnSituation } from '../../store/playing/situation.ts';
import type { ServiceContext } from '../context.ts';

/** One of a subscriber's devices; `player` as in `Playing`; `position`: the seconds of the piece at which it is, where it says so. */
export type Source = { id: string; device: string; player?: string | undefined; position?: number | undefined };

/**
 * `known`: what decides, for who has just read it; otherwise `ask` reads it, where it has to be read. `along`: what is written in
 * the same step; `cause`: the request that it is for.
 */
type Asking = {
  known?: OwnSituation | undefined;
  ask?: () => Promise<OwnSituation>;
  along?: Along | undefined;
  cause?: Cause | undefined;
};

/** `stored`: whether it was. */
type Played = { playing: Playing; showing: Showing; stored: boolean };

/** As nearly everybody is who plays something: with open settings, and nothing else that counts. */
const USUAL: Basis = { state: 'active', devices: [], privacy: OPEN, ...ALONE };

/**
 * What every door does with a clean tune: it plays on that device from now on. In one step it is stored, made due for every
 * outlet, whose jobs are woken, told to the pages, and noted in the history if friends are shown it. It is decided for who is
 * `USUAL`, and stored if that was right; only the others are asked about (decision 297).
 */
export async function playTune(
  service: ServiceContext,
  source: Source,
  tune: Tune,
  { known, ask = () => service.stores.situations.own(source.id), along, cause }: Asking = {},
): Promise<{ playing: Playing; showing: Showing }> {
  const time = service.now();
  const storeAs = (basis: Basis) => store(service, source, tune, { basis, time, along, cause });
  const atOnce = known === undefined ? await storeAs(USUAL) : undefined;
  const played = atOnce?.stored ? atOnce : await storeAs(known ?? (await ask()));
  await wakeOthers(service.queues, 'played', [source.id]);
  return played;
}

/** Decides for that basis what is shown, and stores it; for `USUAL` only if it is so. */
async function store(
  { stores, config }: ServiceContext,
  { id, device, player, position }: Source,
  tune: Tune,
  { basis, time, ...request }: { basis: Basis; time: number } & Pick<Asking, 'along' | 'cause'>,
): Promise<Played> {
  const before = basis.devices.find((one) => one.device === device);
  const playing = play(before, device, tune, time, { player, position });
  const showing = decideShowing(
    { ...basis, devices: [...basis.devices.filter((one) => one !== before), playing] },
    time,
  );
  const stored = await stores.nowPlaying.play(id, playing, time, {
    shown: toRemember(config, basis, showing),
    wanted: (reach) => visibleTo(showing, reach),
    ...request,
    ifUsual: basis === USUAL,
  });
  return { playing, showing, stored };
}

/** Stops one device, or all; false when nothing was playing there. */
export async function stopPlaying(
  { stores, queues, now }: ServiceContext,
  { id, device }: { id: string; device: string | undefined },
  request: Pick<Asking, 'along' | 'cause'> = {},
): Promise<boolean> {
  const stopped = await stores.nowPlaying.stop(id, device, now(), request);
  if (stopped) await wakeOthers(queues, 'played', [id]);
  return stopped;
}
