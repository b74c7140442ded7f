import { Type } from 'typebox';
import { Name, named, SubscriberParams, Time } from './common.ts';

export const NewApplicationPassword = named(
  'NewApplicationPassword',
  Type.Object({ name: Name }, { additionalProperties: false }),
);

const applicationPassword = { applicationPasswordId: Type.String(), name: Type.String(), createdAt: Time };

export const CreatedApplicationPassword = named(
  'CreatedApplicationPassword',
  Type.Object({
    ...applicationPassword,
    username: Type.String({ description: 'What the player wants as the user’s name' }),
    password: Type.String({ description: 'Shown this once.' }),
    webhookPath: Type.String({
      description:
        'Where a browser’s webhook says what plays, on this gateway; as secret as the password. Shown this once.',
    }),
  }),
);

export const ApplicationPasswordList = named(
  'ApplicationPasswordList',
  Type.Object({
    applicationPasswords: Type.Array(Type.Object(applicationPassword)),
  }),
);

export const ApplicationPasswordParams = Type.Object({
  ...SubscriberParams.properties,
  applicationPasswordId: Type.String({ maxLength: 64, description: 'As the list of them has it' }),
});
