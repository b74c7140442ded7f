import { type Static, Type } from 'typebox';
import { OUTLETS } from '../../domain/playing/outlets.ts';
import { named, oneOf } from './common.ts';

/** Those that every installation has, and those of outlets. */
const ROLES: string[] = [...new Set(['gateway', 'component', 'worker', ...OUTLETS.map(({ process }) => process)])];

const Process = named(
  'Process',
  Type.Object({
    role: oneOf(ROLES),
    host: Type.String({ description: 'The name of its machine' }),
    version: Type.String(),
    started: Type.String({ format: 'date-time' }),
    heard: Type.String({ format: 'date-time', description: 'When it last said so: each does every two seconds.' }),
    ready: Type.Boolean(),
    missing: Type.Array(Type.String(), { description: 'What it waits for, in words' }),
    advice: Type.Optional(
      Type.String({
        description:
          'Of a component: what is to be done about that, or had better be done, perhaps with lines of the XMPP server’s configuration. For the operator’s own key only.',
      }),
    ),
    duty: Type.Optional(
      oneOf(['active', 'standby'], {
        description:
          'Of those of which one works at a time, such as components: whether it is the active one (of its home), or stands by',
      }),
    ),
    home: Type.Optional(Type.String({ description: 'Of a component, where there are several homes' })),
    mode: Type.Optional(oneOf(['privileged', 'unprivileged'])),
  }),
);

export type ProcessView = Static<typeof Process>;

export const FleetView = named(
  'Fleet',
  Type.Object({
    processes: Type.Array(Process),
    queues: Type.Array(
      Type.Object({
        name: Type.String(),
        due: Type.Integer({
          description:
            'Subscribers who are to be looked at, now or later: a tune that plays is due at its end, a network address book at its next read.',
        }),
      }),
    ),
  }),
);
