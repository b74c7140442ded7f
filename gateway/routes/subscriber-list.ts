import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Grant, mayActFor, reachOf } from '../../domain/access/grant.ts';
import { Fault } from '../../domain/fault.ts';
import { seal, unseal } from '../../runtime/secret/sealing.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { carrierOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { problems } from '../schemas/common.ts';
import { SubscriberList, SubscriberListQuery } from '../schemas/subscribers.ts';
import { subscriberView } from './subscriber-view.ts';

/** Subscribers on a page unless told. */
const LIMIT = 100;
/** Subscribers that a call looks at, whoever of them is shown: who has few of many asks more often. */
const LOOKED_AT = 1_024;

const PURPOSE = 'cursor of the list of subscribers';
/** Of any cursor, or its length would tell how long the number is. */
const DIGITS = 15;

/** All subscribers within the credential's ranges, a page at a time, in the order in which they were added. */
export function subscriberListRoutes({ stores, config }: Context): FastifyPluginAsyncTypebox {
  /** Sealed: it counts the subscribers of all carriers. */
  const toCursor = (index: number) => seal(config.secretsKey, PURPOSE, `${index}`.padStart(DIGITS, '0'));

  function indexOf(cursor: string): number {
    const index = unseal(config.secretsKey, PURPOSE, cursor);
    if (index === undefined) throw new Fault('INVALID_ARGUMENT', 'cursor must be the next of the page before.');
    return Number(index);
  }

  return async (app) => {
    app.get(
      '/subscribers',
      {
        config: { access: { scope: 'subscribers:read' } },
        schema: {
          tags: ['subscribers'],
          operationId: 'listSubscribers',
          summary: 'The subscribers within the credential’s ranges, the one who was added first before the others',
          description:
            'A page may hold fewer than `limit`, or none: there are more as long as there is a `next`. Whoever goes through all pages meets everybody who was there when it began, and is so still.',
          querystring: SubscriberListQuery,
          response: { 200: SubscriberList, ...problems },
        },
      },
      async (request) => {
        const carrier = carrierOf(request);
        const { cursor, limit = LIMIT, range, state } = request.query;
        const { found, next } = await stores.roll.from(cursor === undefined ? 1 : indexOf(cursor), LOOKED_AT);
        const records = await stores.subscribers.records(found.map(({ id }) => id));
        const isWanted = (one: Subscriber | undefined): one is Subscriber =>
          one !== undefined && isShown(carrier, one) && (state ?? stateOf(one)) === stateOf(one) && isOf(range, one);
        const wanted = records.flatMap((one, i) => (isWanted(one) ? [{ one, index: found[i]?.index ?? 0 }] : []));
        const page = wanted.slice(0, limit);
        const rest = wanted[limit]?.index ?? next;
        return {
          subscribers: page.map(({ one }) => ({ ...subscriberView(carrier, one), state: stateOf(one) })),
          ...(rest === undefined ? {} : { next: toCursor(rest) }),
        };
      },
    );
  };
}

/** Whoever leaves, or is added just now, is nobody to the outside. */
function isShown(grant: Pick<Grant, 'ranges'>, one: Subscriber): boolean {
  return (one.state === 'active' || one.ordered === true) && reachOf(grant, phoneNumbersOf(one)) !== 'none';
}

function stateOf({ state }: Subscriber): 'active' | 'waiting' {
  return state === 'active' ? 'active' : 'waiting';
}

function isOf(range: string | undefined, one: Subscriber): boolean {
  return range === undefined || phoneNumbersOf(one).some((number) => mayActFor({ ranges: [range] }, number));
}
