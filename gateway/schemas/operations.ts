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

export const ImportParams = Type.Object({ importId: Type.String({ maxLength: 64 }) });

const Count = Type.Integer({ minimum: 0 });

export const ImportProgressView = Type.Object({
  importId: Type.String(),
  state: Type.Union([Type.Literal('running'), Type.Literal('done')]),
  rows: Type.Object({
    received: Type.Integer({ minimum: 0, description: 'Rows that have come in' }),
    done: Type.Integer({ minimum: 0, description: 'Those of them that are through: the sum of the others' }),
    created: Count,
    updated: Count,
    unchanged: Count,
    refused: Count,
  }),
  accounts: Type.Object(
    {
      ordered: Type.Integer({
        minimum: 0,
        description: 'The sum of the others, without those whose subscribers were removed before',
      }),
      waiting: Count,
      made: Count,
      failed: Count,
      failures: Type.Array(
        Type.Object({
          subscriberId: Type.String(),
          code: Type.Union([Type.Literal('ALREADY_EXISTS'), Type.Literal('UNAVAILABLE')], {
            description: 'ALREADY_EXISTS: the XMPP server has an account of that name; send the row with its jid.',
          }),
        }),
        { description: 'Subscribers who are none: their accounts could not be made. The first of many.' },
      ),
    },
    { description: 'XMPP accounts that are made for rows without a jid' },
  ),
});

export const ReconciliationBegun = Type.Object({
  subscribers: Type.Integer({ description: 'How many subscribers will be looked at.' }),
});

export const ReconciliationView = Type.Object({
  state: Type.Union([Type.Literal('none'), Type.Literal('running'), Type.Literal('done')]),
  subscribers: Type.Integer(),
  done: Type.Integer({ description: 'How many of them have been looked at.' }),
});

const Standby = Type.Integer({ description: 'How many components stand by, to take over from the active one' });
const Mode = Type.Union([Type.Literal('privileged'), Type.Literal('unprivileged')], {
  description: 'Whether the component sets rosters and publishes tunes, or only offers matches; once it is known',
});

export const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not ready')]),
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
});
