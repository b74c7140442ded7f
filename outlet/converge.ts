import { outletRow } from '../domain/playing/outlets.ts';
import { decideShowing, type Showing, visibleTo } from '../domain/playing/showing.ts';
import { byThisClock, shownBy, type Told } from '../domain/playing/told.ts';
import { fingerprint, type Playing } from '../domain/playing/tune.ts';
import type { Log } from '../runtime/log.ts';
import type { Queues, Wake, WokenWork } from '../runtime/queue/queues.ts';
import type { Span } from '../runtime/tracing.ts';
import type { Situation } from '../store/playing/situation.ts';
import type { Stores } from '../store/stores.ts';
import { type Admission, convergeAdmission, letGo, readAdmission } from './admission.ts';
import { atPresentAddress } from './former-address.ts';
import { miss } from './miss.ts';
import { NobodyThere, type Outlet } from './outlet.ts';

/** Milliseconds until it is looked at again whether pairs with those who were just blocked are decided. */
const UNDECIDED = 100;
/** Milliseconds after a block before which no tune is told, however soon the pair is decided (decision 268). */
const AFTER_BLOCK = 500;
/** Milliseconds since the look after which it is asked once more whether all holds still, before a tune is told: this process may have stood still. */
const FRESH = 1_000;
/** Milliseconds by which the clocks of two machines may differ: a block that is later than that was noted by a clock that was put back since. */
const CLOCKS = 5_000;

/** What the job of an outlet works with. `now`: milliseconds since the epoch. */
export type ConvergeContext = { stores: Stores; queues: Queues; log: Log; now: () => number };

/**
 * One run of the job. `told` follows what the outlet is told; `begunAt`: the time that was noted with it in the store, so that
 * somebody else who tells it something is noticed. `lookedAt`: since when what was `seen` may hold no more. `address`: undefined where it shows nothing of the subscriber.
 */
type Round = {
  outlet: Outlet;
  seen: Situation;
  lookedAt: number;
  address: string | undefined;
  told: Told;
  begunAt: number | undefined;
  time: number;
  showing: Showing;
  wake: Wake | undefined;
};

/**
 * The job of an outlet: makes it show what is decided, to those who may see it, whatever has happened since the job was
 * asked for. It compares the decision with what the outlet was last told, and tells it what differs. Returns when to look
 * again where it is too early to tell it. What the wake has brought along spares it a look (decision 296).
 */
export function createConverge(outlet: Outlet, context: ConvergeContext): WokenWork {
  const { stores } = context;

  return async (id, wake) => {
    const lookedAt = context.now();
    const brought = wake?.brought && stores.situations.brought(id, outlet.name, wake.brought, context.now());
    const seen = brought || (await stores.situations.read(id, outlet.name));
    if (!seen) {
      await stores.nowPlaying.forget(id);
      return undefined;
    }
    if (outlet.isElsewhere?.(seen.subscriber)) return undefined;
    try {
      return await converge(context, await beginRound(context, outlet, seen, lookedAt, wake));
    } catch (err) {
      await fail(context, outlet, seen, err);
      return undefined;
    }
  };
}

/** What an address that was given up still shows is taken away first. */
async function beginRound(
  context: ConvergeContext,
  outlet: Outlet,
  seen: Situation,
  lookedAt: number,
  wake: Wake | undefined,
): Promise<Round> {
  const noted = await atPresentAddress(context, outlet, seen);
  const time = context.now();
  const address = outlet.addressOf(seen.subscriber);
  const begunAt = 'at' in noted ? noted.at : undefined;
  return {
    outlet,
    seen,
    lookedAt,
    address,
    told: byThisClock(noted, time),
    begunAt,
    time,
    showing: decideShowing(seen, time),
    wake,
  };
}

/**
 * Something else holds by now: another address, under which alone something may be said, another consent or tune, or what
 * another process has told the outlet. All is looked at again.
 */
class Overtaken extends Error {}

/** Undefined when all is as it shall be; otherwise when the outlet may be told, as it is too early now. */
async function converge(context: ConvergeContext, round: Round): Promise<number | undefined> {
  const { outlet, seen, showing, time } = round;
  // An outlet that is new, or to which the subscriber is, was told nothing of who may look.
  const isNew = round.told.state === 'nothing';
  const admits = outlet.admit !== undefined && (isNew || seen.access.includes(outlet.name) || seen.parting);
  if (admits) await shutOut(context, round);
  const wanted = visibleTo(showing, outlet.reach);
  const news = isNews(round, wanted);
  if (news) {
    const earliest = earliestOf(round, wanted);
    if (earliest > time) return earliest;
    const waited = (await outlet.ready?.(wanted === undefined)) ?? false;
    // Doubt was noted in the step that made the change, and the address was read in the moment before.
    const isOld = context.now() - round.lookedAt > FRESH;
    if (round.told.state !== 'doubted' || admits || waited || isOld) await begin(context, round);
    await tell(context, round, wanted);
  }
  const isNoted = await context.stores.nowPlaying.finish(seen.subscriber.id, outlet.name, seen, {
    told: news ? { now: round.told, begunAt: round.begunAt, toldAt: outlet.forgets ? time : undefined } : undefined,
    ranOut: showing.ranOut,
    access: outlet.admit !== undefined && showing.audienceUntil === undefined,
    again: earlier(showing.until, againOf(round.told)),
  });
  const { memo } = round.told;
  if (news && !isNoted && round.address !== undefined && memo !== undefined)
    await outlet.takeBack?.(round.address, memo);
  return undefined;
}

/**
 * A tune from after a block waits until it is known whom the outlet has to leave out of it, and for so long that its time does not
 * tell whether the blocked number has an owner. A stop does not wait.
 */
function earliestOf({ outlet, seen, told, time }: Round, wanted: Playing | undefined): number {
  const pace = Math.max(time, outlet.pace(told, wanted));
  if (wanted === undefined) return pace;
  const blocked = seen.blockedAt > time + CLOCKS ? 0 : seen.blockedAt + AFTER_BLOCK;
  return Math.max(pace, blocked, seen.undecided ? time + UNDECIDED : time);
}

/**
 * Whoever may not look any more is told nothing by an outlet and would go on seeing the tune. So everybody gets the empty tune
 * first, and only then the access changes (decision 50). The same before an outlet is opened while it holds a tune that nobody
 * may see: opening it would show that tune. @throws Overtaken
 */
async function shutOut(context: ConvergeContext, round: Round): Promise<void> {
  const { stores } = context;
  const { outlet, seen, address, showing, time } = round;
  if (address === undefined) return letGo(context, seen.subscriber.id, outlet.name, seen.partings);
  const admission = await readAdmission(stores, outlet, seen, showing);
  const closed = admission.shutsOut || showing.audience === 'nobody';
  const shows = shownBy(round.told) !== '';
  if (outlet.forgets) await keepInMind(context, round, closed && shows, admission);
  if (closed && shows) {
    await begin(context, round);
    await tell(context, round, undefined);
    // The tune comes back at once for those who are left.
    round.told = { state: 'hidden', address, memo: round.told.memo, at: time };
    if (!(await stores.told.note(seen.subscriber.id, outlet.name, round.told, time))) throw new Overtaken();
  } else if (admission.changes.length > 0 && shows) {
    // Somebody who may look from now on sees the tune only when it is shown the next time.
    await begin(context, round);
  }
  if (!(await convergeAdmission(context, outlet, address, seen, admission))) throw new Overtaken();
}

/** What is told before the tune, for when it is forgotten (decision 248). `hides`: the empty tune is, too. */
async function keepInMind(
  { stores }: ConvergeContext,
  { outlet: { name: outlet }, seen, time }: Round,
  hides: boolean,
  { changes }: Admission,
): Promise<void> {
  const fields = changes.map(([field]) => ({ what: 'access' as const, outlet, field }));
  await stores.lately.note(
    seen.subscriber.id,
    [...(hides ? [{ what: 'shown' as const, outlet }] : []), ...fields],
    time,
  );
}

function isNews({ address, told, time }: Round, wanted: Playing | undefined): boolean {
  if (address === undefined) return false;
  const again = againOf(told);
  return fingerprint(wanted?.tune) !== shownBy(told) || (again !== undefined && again <= time);
}

function againOf(told: Told): number | undefined {
  return told.state === 'told' ? told.again : undefined;
}

/** Until it is noted what was told, nobody knows what is shown. @throws Overtaken */
async function begin({ stores }: ConvergeContext, round: Round): Promise<void> {
  const { outlet, seen, address, time } = round;
  if (address === undefined || !(await stores.told.begin(seen, outlet.name, address, time))) throw new Overtaken();
  round.told = { state: 'unknown', address, memo: round.told.memo };
  round.begunAt = time;
}

/** To be called when it is noted that nobody knows what is shown. */
async function tell({ log }: ConvergeContext, round: Round, wanted: Playing | undefined): Promise<void> {
  const { outlet, address = '', time, told, showing, wake } = round;
  const { memo, again } = await traced(wake?.span, `show ${outlet.name}`, () =>
    outlet.show(address, wanted, told.memo),
  );
  const correlator = wake?.cause?.correlator;
  log.debug(
    { subject: round.seen.subscriber.id, outlet: outlet.name, correlator, shown: wanted !== undefined },
    'told',
  );
  // What plays and is not shown was only hidden.
  const hidden = wanted === undefined && showing.playing !== undefined;
  round.told = hidden
    ? { state: 'hidden', address, memo, at: time }
    : { state: 'told', address, memo, at: time, fingerprint: fingerprint(wanted?.tune), again };
}

/** As a piece of the job, where that is traced. */
async function traced<Result>(job: Span | undefined, name: string, call: () => Promise<Result>): Promise<Result> {
  const span = job?.child(name, 'client');
  try {
    const result = await call();
    span?.end();
    return result;
  } catch (err) {
    span?.end({ failed: true });
    throw err;
  }
}

/** Tried again at the outlet's own time, or as the queue does. */
async function fail(context: ConvergeContext, outlet: Outlet, seen: Situation, err: unknown): Promise<void> {
  const { stores, queues, now } = context;
  if (err instanceof Overtaken) return queues.enqueue(outletRow(outlet.name).queue, [seen.subscriber.id]);
  const pause = outlet.retry(err);
  if (err instanceof NobodyThere) await miss(context, outlet, seen, err, pause);
  if (pause === undefined) throw err;
  await stores.nowPlaying.putOff(outlet.name, seen, now() + pause);
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
