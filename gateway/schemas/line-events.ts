import { Type } from 'typebox';
import { LINE_TYPES } from '../../domain/subscription/line-event.ts';
import { named, PhoneNumber } from './common.ts';

const Word = (description: string) => Type.String({ minLength: 1, maxLength: 255, description });

export const LineEvent = named(
  'LineEvent',
  Type.Object(
    {
      specversion: Type.Literal('1.0'),
      id: Word('With `source` it names the event: sent again within a day, it is done once.'),
      source: Word('Who tells it, as a URI reference'),
      type: Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'What has happened to the line; of CAMARA’s word any version',
        examples: LINE_TYPES,
      }),
      time: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339' })),
      subject: Type.Optional(Word('Not read')),
      datacontenttype: Type.Optional(Type.Literal('application/json')),
      data: Type.Object({ phoneNumber: PhoneNumber }, { description: 'What else CAMARA has there is not read.' }),
    },
    { description: 'CloudEvents 1.0 in structured JSON mode; extension attributes are not read.' },
  ),
);

export const LineEventTaken = named('LineEventTaken', Type.Object({ id: Type.String(), source: Type.String() }));
