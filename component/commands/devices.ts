import { revokeToken } from '../../service/login/revoking.ts';
import type { Device } from '../../store/login/tokens.ts';
import type { Option } from '../stream/data-form.ts';
import { type Command, done, momentFor, subscriberOf, type Visit } from './command.ts';

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
    const options = await Promise.all(tokens.map((device) => toOption(visit, device)));
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

async function toOption(visit: Visit, { tokenId, deviceName, createdAt, usedAt }: Device): Promise<Option> {
  const { devices: words } = visit.texts;
  const moment = await momentFor(visit, usedAt ?? createdAt);
  const when = usedAt === undefined ? words.created(moment) : words.used(moment);
  return { value: tokenId, label: `${deviceName ?? words.unnamed} (${when})` };
}
