import { Type } from 'typebox';
import { LARGEST_BOOK } from '../../domain/book/address-book.ts';
import { named, oneOf } from './common.ts';

export const ContactBody = named(
  'Contact',
  Type.Object({
    uid: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    name: Type.Optional(Type.String({ description: 'Without it a friend goes by the own display name.' })),
    phoneNumbers: Type.Array(Type.String(), { maxItems: 100, description: 'As the phone has them, in any form.' }),
    groups: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
  }),
);

export const BookBody = named('AddressBookContacts', Type.Object({ contacts: Type.Array(ContactBody) }));

const Uids = Type.Array(Type.String({ maxLength: 1024 }), {
  maxItems: LARGEST_BOOK,
  description: 'Of the contacts to remove; unknown ones are passed over.',
});

export const BookChanges = named(
  'AddressBookChanges',
  Type.Object(
    {
      upsert: Type.Optional(Type.Array(ContactBody, { description: 'Each with its uid' })),
      remove: Type.Optional(Uids),
    },
    { minProperties: 1, additionalProperties: false },
  ),
);

const Headers = (description: string) => Type.Array(Type.String(), { description });

export const BookAccepted = named(
  'AddressBookAccepted',
  Type.Object({
    version: Type.Integer(),
    contacts: Type.Integer({ description: 'How many the book holds now.' }),
    rejected: Type.Array(
      Type.Object({ index: Type.Integer({ description: 'Place in what was sent, from 0' }), detail: Type.String() }),
    ),
    columns: Type.Optional(
      Type.Object(
        {
          read: Headers('Known by their names'),
          guessed: Headers('Taken for telephone numbers by what they hold'),
          notUnderstood: Headers('Hold something, and were passed over'),
        },
        { description: 'Of a CSV file: what became of its columns, by their names' },
      ),
    ),
  }),
);

export const BookView = named(
  'AddressBook',
  Type.Object({
    version: Type.Integer(),
    contacts: Type.Integer(),
    matched: Type.Integer({ description: 'How many friends the book has led to.' }),
    waiting: Type.Integer({ description: 'How many numbers, of all its books, wait for the subscriber’s budget.' }),
    state: oneOf(['current', 'reconciling'], {
      description:
        'Whether friendships are up to date with the book; for the operator, also with whatever else concerns the subscriber. A book of which an upload is being written, or was cut off, is `reconciling`, with the version and the contacts before it.',
    }),
  }),
);
