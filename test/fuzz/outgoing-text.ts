import { expect } from 'chai';
import fc from 'fast-check';
import { artistsIn } from '../../domain/playing/tune.ts';
import { cleanText } from '../../domain/text.ts';
import { eventually } from '../support/eventually.ts';
import { connectFriend } from '../support/xmpp/friend-client.ts';
import { hostileText } from './hostile-text.ts';
import { type Surface, shown } from './surface.ts';
import type { World } from './world.ts';

/** A roster is written anew for each name, so only some inputs come with one. */
const NAMES_EVERY = 10;

const texts = fc.record({
  title: hostileText,
  artist: hostileText,
  source: hostileText,
  name: hostileText,
  group: hostileText,
});
type Texts = { title: string; artist: string; source: string; name: string; group: string };

/** What we write into XML ourselves: any Unicode in tunes and roster names reaches a friend's real client, and the stream stays up. */
export function outgoingTextSurface(world: World): Surface {
  return {
    name: 'tunes and names to friends',
    inputs: { nightly: 300, brief: 20 },
    async run(count, seed) {
      const player = await world.api.join('+8613400134000');
      const reader = await world.api.join('+8613400134001');
      await world.api.putBook(player, [{ name: 'Reader', phoneNumbers: [reader.phoneNumber] }]);
      await world.api.putBook(reader, [{ name: 'Player', phoneNumbers: [player.phoneNumber] }]);
      await world.api.settled(player, reader);
      const friend = await connectFriend(world.stack, reader);
      const findings: string[] = [];
      try {
        for (const [i, input] of fc.sample(texts, { seed, numRuns: count }).entries()) {
          const wrong = await heard(input).then(undefined, (err: Error) => err.message);
          const misnamed = i % NAMES_EVERY === 0 && (await named(input).then(undefined, (err: Error) => err.message));
          if (wrong || misnamed) findings.push(`${wrong || misnamed} for ${shown(input)}`);
          if (findings.length > 2) break;
        }
      } finally {
        await friend.leave();
      }
      return { findings };

      async function heard({ title, artist, source }: Texts): Promise<void> {
        const tune = {
          title: `${title.slice(0, 300)}♪`,
          ...(fits(artist) && { artist }),
          ...(fits(source) && { source }),
        };
        await world.api.play(player, tune);
        await eventually(() => {
          const seen = friend.tunes.filter(({ from }) => from === player.jid).at(-1)?.tune;
          expect(seen).to.deep.equal(
            Object.fromEntries(
              Object.entries(tune).map(([key, text]) => [key, cleanText(key === 'artist' ? artistsIn(text) : text)]),
            ),
          );
        });
      }

      async function named(input: Texts): Promise<void> {
        const name = `${input.name.slice(0, 300)}♪`;
        const groups = fits(input.group) ? [input.group] : [];
        await world.api.putBook(reader, [{ name, groups, phoneNumbers: [player.phoneNumber] }]);
        await friend.item(player.jid, (item) => expect(item?.name).to.equal(cleanText(name)));
      }
    },
  };
}

/** Whether the API takes it for a text: something is left of it, and not too much, as NFC can make three characters of one. */
function fits(text: string): boolean {
  return cleanText(text) !== '' && text.length <= 300;
}
