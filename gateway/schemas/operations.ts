import { Type } from 'typebox';

export const ImportQuery = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Union([Type.Literal('true'), Type.Literal('false')], {
        description: 'Reports what would be done, and does nothing.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const ReconciliationBegun = Type.Object({
  subscribers: Type.Integer({ description: 'How many subscribers will be looked at.' }),
});

export const ReconciliationView = Type.Object({
  state: Type.Union([Type.Literal('none'), Type.Literal('running'), Type.Literal('done')]),
  subscribers: Type.Integer(),
  done: Type.Integer({ description: 'How many of them have been looked at.' }),
});

export const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not ready')]),
  missing: Type.Array(Type.String()),
  standby: Type.Optional(
    Type.Integer({ description: 'How many components stand by, to take over from the active one' }),
  ),
  mode: Type.Optional(
    Type.Union([Type.Literal('privileged'), Type.Literal('unprivileged')], {
      description: 'Whether the component sets rosters and publishes tunes, or only offers matches; once it is known',
    }),
  ),
});
