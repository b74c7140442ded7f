import { DOUBTED, type ToldSink } from '../../domain/subscription/known.ts';
import type { Fence } from '../../store/base/fence.ts';
import { readRecord } from '../../store/base/record.ts';
import type { Stores } from '../../store/stores.ts';

/** How far it has come that all is told anew, by pages of those of whom the sink was told, and then of everybody, from the last page on. */
export type Place = { told: string } | { page: number };

/** As it is noted, for these older data (`restored` of the subscription). */
export function writePlace(restored: string, place: Place): string {
  return `${restored} ${JSON.stringify(place)}`;
}

/** Undefined where that is not of these older data: nothing is done yet. */
export function readPlace(restored: string, noted: string): Place | undefined {
  const [stamp, place] = noted.split(' ');
  return stamp === restored && place !== undefined ? readRecord<Place>(place, 'what a sink is told anew') : undefined;
}

/** Of which older data all is told anew at present, after the sink has heard of them. */
function underWay(noted: string): string | undefined {
  const [stamp = ''] = noted.split(' ');
  const place = readPlace(stamp, noted);
  return place && ('told' in place || place.page >= 0) ? stamp : undefined;
}

/**
 * What is known of a sink of one subscriber. `since`: what is noted from now on is noted as known since those older data; what was known before
 * them counts no more, also of whom nobody has come to yet. Undefined for a run that was overtaken.
 */
export async function toldNow(
  { sinkWork }: Pick<Stores, 'sinkWork'>,
  subscription: string,
  fence: Fence,
  id: string,
): Promise<{ told: ToldSink; since: string | undefined } | undefined> {
  const [{ since: was, ...told }, noted] = await Promise.all([
    sinkWork.told(subscription, id),
    sinkWork.restoring(subscription),
  ]);
  const since = underWay(noted);
  if (since === undefined || was === since || !(told.known || told.doubt)) return { told, since };
  return (await sinkWork.doubt(subscription, fence, [id], { since })) ? { told: DOUBTED, since } : undefined;
}
