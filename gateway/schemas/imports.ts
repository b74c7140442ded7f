import { Type } from 'typebox';
import { FAULT_CODES } from '../../domain/fault.ts';
import { named, oneOf, partsOf } from './common.ts';
import { NewSubscriber } from './subscribers.ts';

export const ImportQuery = Type.Object(
  {
    dryRun: Type.Optional(
      oneOf(['true', '1', 'false', '0'], { description: 'Reports what would be done, and does nothing.' }),
    ),
  },
  { additionalProperties: false },
);

export const ImportParams = Type.Object({
  importId: Type.String({ maxLength: 64, description: 'As the answer to its POST has it' }),
});

const Row = Type.Integer({ minimum: 0, description: 'Its place in what was sent, from 1' });
const ImportId = Type.Optional(Type.String({ description: 'Absent in a dry run' }));
const Code = oneOf(FAULT_CODES);

/** What became of one row. */
const RowReport = named(
  'ImportRowReport',
  Type.Object({
    row: Row,
    outcome: oneOf(['created', 'updated', 'unchanged', 'refused']),
    subscriberId: Type.Optional(Type.String()),
    password: Type.Optional(Type.String({ description: 'Of the XMPP account that is made; told this once.' })),
    account: Type.Optional(
      oneOf(['waiting'], { description: 'It is made beside; `GET /v1/imports/{importId}` says when all are.' }),
    ),
    code: Type.Optional(Code),
    detail: Type.Optional(Type.String({ description: 'Why it was refused' })),
  }),
);

const Counts = Type.Object({
  created: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer(),
  refused: Type.Integer(),
});

/** The last line of an answer. */
const ImportDone = named('ImportDone', Type.Object({ done: Type.Literal(true), counts: Counts, importId: ImportId }));
const ImportStopped = named(
  'ImportStopped',
  Type.Object({
    stopped: Type.Object(
      { row: Row, code: Code, detail: Type.String() },
      { description: 'Where something was away; everything before that row is done.' },
    ),
    importId: ImportId,
  }),
);

export const ImportLine = named('ImportLine', Type.Union([RowReport, ImportDone, ImportStopped]));

const description =
  'Reports as lines of JSON (application/x-ndjson), one for each row and a last one, each of this shape';
export const ImportReport = {
  description: 'What became of each row, in the order in which they came, while they arrive',
  content: { 'application/x-ndjson': { schema: partsOf(ImportLine, description) } },
};

/** A copy, as the two shapes go by two names. */
const ImportRow = named('ImportRow', Type.Object(NewSubscriber.properties, { additionalProperties: false }));

export const ImportBody = {
  content: {
    'application/x-ndjson': { schema: partsOf(ImportRow, 'Rows as lines of JSON, each of this shape') },
    'text/csv': {
      schema: Type.String({ description: 'With a line of heads: phoneNumber, otherPhoneNumbers, displayName, jid' }),
    },
  },
};

const Count = Type.Integer({ minimum: 0 });

export const ImportProgressView = named(
  'ImportProgress',
  Type.Object({
    importId: Type.String(),
    state: oneOf(['running', 'done']),
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
            code: oneOf(['ALREADY_EXISTS', 'UNAVAILABLE'], {
              description: 'ALREADY_EXISTS: the XMPP server has an account of that name; send the row with its jid.',
            }),
          }),
          { description: 'Subscribers who are none: their accounts could not be made. The first of many.' },
        ),
      },
      { description: 'XMPP accounts that are made for rows without a jid' },
    ),
  }),
);
