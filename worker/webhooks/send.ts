import { unseal } from '../../runtime/secret/sealing.ts';
import { cloudEvent, type EventFacts } from '../../service/telling/cloud-event.ts';
import type { Outcome } from '../../service/telling/outcome.ts';
import { type Subscription, sealPurpose } from '../../store/subscription/subscription-record.ts';
import type { SinkContext } from './context.ts';
import { postEvent } from './post.ts';

/** Sends the sink an event, signed by each secret that is good. @throws Error where EARSHOT_SECRETS_KEY does not open these */
export async function send(context: SinkContext, subscription: Subscription, event: EventFacts): Promise<Outcome> {
  const { secretsKey, metrics, now } = context;
  const { id, sink, secrets, token } = subscription;
  const open = (what: 'secret' | 'token', sealed: string) => {
    const text = unseal(secretsKey, sealPurpose(id, what), sealed);
    if (text === undefined) throw new Error('The secret of a subscription cannot be opened.');
    return text;
  };
  const living = secrets.filter(({ until }) => until === undefined || until > now());
  const outcome = await postEvent(
    context,
    sink,
    {
      id: event.id,
      body: cloudEvent(id, event),
      secrets: living.map(({ sealed }) => Buffer.from(open('secret', sealed), 'base64')),
      token: token && open('token', token.sealed),
    },
    now(),
  );
  metrics.sinkEvents.inc({ outcome });
  return outcome;
}
