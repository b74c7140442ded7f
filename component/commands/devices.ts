import { revokeToken } from '../../service/revoking.ts';
import type { Device } from '../../store/tokens.ts';
import type { Option } from '../data-form.ts';
import { type Command, done, momentOf, subscriberOf } from './command.ts';
import type { Texts } from './texts.ts';

/** The tokens of the subscriber's devices, each of which can be revoked. */
export const devices: Command = {
  name: 'devices',
  open: 'to subscribers',
  audited: 'answers',
  async begin(visit) {
    const { context, texts } = visit;
    const tokens = await context.stores.tokens.list(subscriberOf(visit).id, context.now());
    const { title } = texts.commands.devices;
    if (tokens.length === 0) return done(title, texts.devices.none);
    const options = tokens.map((device) => toOption(device, texts));
    return {
      title,
      instructions: texts.devices.ask,
      fields: [{ name: 'revoke', type: 'list-multi', label: texts.devices.revoke, options, value: [] }],
      last: true,
      async next(current, answers) {
        const { context, texts } = current;
        const { id } = subscriberOf(current);
        let revoked = 0;
        for (const tokenId of answers.get('revoke') ?? []) if (await revokeToken(context, id, tokenId)) revoked += 1;
        return done(title, revoked > 0 ? texts.devices.done(revoked) : texts.devices.nothing);
      },
    };
  },
};

function toOption({ tokenId, deviceName, createdAt, usedAt }: Device, { devices: words }: Texts): Option {
  const when = usedAt === undefined ? words.created(momentOf(createdAt)) : words.used(momentOf(usedAt));
  return { value: tokenId, label: `${deviceName ?? words.unnamed} (${when})` };
}
