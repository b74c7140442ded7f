import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { mayActFor } from '../../domain/access/grant.ts';
import { Fault } from '../../domain/fault.ts';
import { readMoment } from '../../domain/moment.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { carrierOf } from '../access/auth.ts';
import type { Carrier } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { problems } from '../schemas/common.ts';
import { SubscriberList, SubscriberListQuery } from '../schemas/subscribers.ts';
import { changesPage, firstStep, type Reader } from '../subscribers/changes-page.ts';
import { createListCursors } from '../subscribers/list-cursor.ts';
import { listedView, stateOf } from '../subscribers/listed.ts';

/** Subscribers on a page unless told. */
const LIMIT = 100;
/** Subscribers that a call looks at, whoever of them is shown: who has few of many asks more often. */
const LOOKED_AT = 1_024;
/** Milliseconds for which it can be asked what has changed: a day less than it is known who has gone. */
const CHANGES_KNOWN = 30 * 86_400_000;

type Query = Static<typeof SubscriberListQuery>;

/** All subscribers within the credential's ranges, a page at a time, in the order in which they were added; or those who have changed. */
export function subscriberListRoutes({ stores, config, now }: Context): FastifyPluginAsyncTypebox {
  const cursors = createListCursors(config.secretsKey);

  async function everybody(reader: Reader, { cursor, limit = LIMIT, range, state }: Query) {
    const { index, asOf } =
      cursor === undefined ? { index: 1, asOf: await stores.changed.now() } : cursors.rollStep(cursor);
    const { found, next } = await stores.roll.from(index, LOOKED_AT);
    const records = await stores.subscribers.records(found.map(({ id }) => id));
    const wanted = records.flatMap((one, i) => {
      const view = listedView(reader, one);
      const isWanted = one && view && (state ?? view.state) === stateOf(one) && isOf(range, one);
      return isWanted ? [{ view, index: found[i]?.index ?? 0 }] : [];
    });
    const rest = wanted[limit]?.index ?? next;
    return {
      subscribers: wanted.slice(0, limit).map(({ view }) => view),
      asOf: toTime(asOf),
      ...(rest === undefined ? {} : { next: cursors.ofRoll({ index: rest, asOf }) }),
    };
  }

  async function changes(reader: Carrier, changedSince: string, { cursor, limit = LIMIT, range, state }: Query) {
    if (range !== undefined || state !== undefined)
      throw new Fault(
        'INVALID_ARGUMENT',
        'changedSince goes with neither range nor state: who left it would be missed.',
      );
    const since = secondOf(changedSince, now());
    requireThere(reader, since);
    const first = cursor === undefined ? firstStep(await stores.changed.now()) : cursors.changesStep(since, cursor);
    const { subscribers, removed, next } = await changesPage(stores, reader, since, first, limit);
    return {
      ...{ subscribers, removed, asOf: toTime(first.asOf) },
      ...(next === undefined ? {} : { next: cursors.ofChanges(since, next) }),
    };
  }

  return async (app) => {
    app.get(
      '/subscribers',
      {
        config: { access: { scope: 'subscribers:read' }, untagged: true },
        schema: {
          tags: ['subscribers'],
          operationId: 'listSubscribers',
          summary: 'The subscribers within the credential’s ranges, the one who was added first before the others',
          description:
            'A page may hold fewer than `limit`, or none: there are more as long as there is a `next`. Whoever goes through all pages meets everybody who was there when it began, and is so still. With `changedSince` only those whose state, numbers, JID, display name or consent have changed since, and who is gone, in no order.',
          querystring: SubscriberListQuery,
          response: { 200: SubscriberList, ...problems },
        },
      },
      async (request) => {
        const { changedSince, ...query } = request.query;
        const carrier = carrierOf(request);
        return changedSince === undefined ? everybody(carrier, query) : changes(carrier, changedSince, query);
      },
    );
  };
}

/** Seconds since the epoch. @throws Fault INVALID_ARGUMENT, OUT_OF_RANGE for what is too long ago */
function secondOf(changedSince: string, now: number): number {
  const time = readMoment(changedSince);
  if (time === undefined)
    throw new Fault('INVALID_ARGUMENT', 'changedSince must be a time of RFC 3339; in a URL its plus sign is %2B.');
  if (time < now - CHANGES_KNOWN)
    throw new Fault('OUT_OF_RANGE', 'changedSince is more than 30 days ago: list everybody anew, and go on from asOf.');
  return Math.floor(time / 1_000);
}

/** Who left its ranges before it was made was noted for nobody. @throws Fault OUT_OF_RANGE */
function requireThere({ ranges, createdAt = 0 }: Carrier, since: number): void {
  if (ranges.length > 0 && Math.floor(createdAt / 1_000) > since)
    throw new Fault(
      'OUT_OF_RANGE',
      'changedSince is before this credential was made: list everybody anew with it, and go on from asOf.',
    );
}

function toTime(second: number): string {
  return new Date(second * 1_000).toISOString();
}

function isOf(range: string | undefined, one: Subscriber): boolean {
  return range === undefined || phoneNumbersOf(one).some((number) => mayActFor({ ranges: [range] }, number));
}
