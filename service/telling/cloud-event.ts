import { type EventKind, type OwnKind, typeOf } from '../../domain/subscription/event-types.ts';

/** Of an event: `time` in milliseconds since the epoch; `subject`: the id of the subscriber, where it is about one. */
export type EventFacts = {
  id: string;
  kind: EventKind | OwnKind;
  time: number;
  subject?: string;
  data: Record<string, unknown>;
};

/** An event of that subscription as CloudEvents 1.0 has it, in structured JSON mode (JSON event format, section 3). */
export function cloudEvent(subscription: string, { id, kind, time, subject, data }: EventFacts): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: `/v1/subscriptions/${subscription}`,
    type: typeOf(kind),
    time: new Date(time).toISOString(),
    ...(subject === undefined ? {} : { subject }),
    datacontenttype: 'application/json',
    data: { subscriptionId: subscription, ...data },
  });
}
