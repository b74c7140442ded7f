import { Type } from 'typebox';
import { eventStreamOf, NoOptions, named, oneOf } from './common.ts';

export const ReconciliationBegun = named(
  'ReconciliationBegun',
  Type.Object({
    subscribers: Type.Integer({ description: 'How many subscribers will be looked at.' }),
  }),
);

export const ReconciliationView = named(
  'Reconciliation',
  Type.Object({
    state: oneOf(['none', 'running', 'done']),
    subscribers: Type.Integer(),
    done: Type.Integer({ description: 'How many of them have been looked at.' }),
  }),
);

const Standby = Type.Integer({ description: 'How many components stand by, to take over from the active one' });
const Mode = oneOf(['privileged', 'unprivileged'], {
  description: 'Whether the component sets rosters and publishes tunes, or only offers matches; once it is known',
});

export const Liveness = named('Liveness', Type.Object({ status: oneOf(['alive']) }));

const LivenessEvent = named('LivenessEvent', Type.Object({ event: oneOf(['first', 'second']), data: NoOptions }));

export const LivenessEvents = eventStreamOf(LivenessEvent);

export const Readiness = named(
  'Readiness',
  Type.Object({
    status: oneOf(['ready', 'not ready']),
    missing: Type.Array(Type.String()),
    standby: Type.Optional(Standby),
    mode: Type.Optional(Mode),
    homes: Type.Optional(
      Type.Array(
        Type.Object({
          host: Type.String(),
          missing: Type.Array(Type.String()),
          mode: Type.Optional(Mode),
          standby: Standby,
        }),
        {
          description:
            'Where there are several homes (EARSHOT_HOMES): what each of them lacks. What one lacks stands in `missing` only when all lack something.',
        },
      ),
    ),
  }),
);
