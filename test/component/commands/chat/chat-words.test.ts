import { expect } from 'chai';
import fc from 'fast-check';
import { readAnswers, readSaid } from '../../../../component/commands/chat/chat-words.ts';
import type { Command } from '../../../../component/commands/command.ts';
import { forget } from '../../../../component/commands/forget.ts';
import { play } from '../../../../component/commands/play.ts';
import { playing } from '../../../../component/commands/playing.ts';
import { privateSession } from '../../../../component/commands/private.ts';
import type { Field } from '../../../../component/stream/data-form.ts';
import { hostileText } from '../../../fuzz/hostile-text.ts';

const COMMANDS: Command[] = [play, playing, privateSession, forget];
const FIELDS: Field[] = [
  { name: 'discoverable', type: 'boolean', label: '可被找到', value: ['1'] },
  {
    name: 'groups',
    type: 'list-multi',
    label: 'Groups of my book',
    value: ['Band'],
    options: ['Band', 'Work', '1'].map((value) => ({ value, label: value })),
  },
  { name: 'blocked', type: 'text-multi', label: 'Blocked', value: ['+1'] },
];

describe('component/commands/chat/chat-words', () => {
  const said = (text: string) => {
    const found = readSaid(text, COMMANDS);
    return found && [found.what === 'command' ? found.command.name : found.what, 'rest' in found ? found.rest : ''];
  };

  it('takes the longest word for the command, as a word, in any case and language', () => {
    expect(said('play Björk - Jóga')).to.deep.equal(['play', 'Björk - Jóga']);
    expect(said('Play: Foo')).to.deep.equal(['play', 'Foo']);
    expect(said('play :wumpscut: - Soylent Green')).to.deep.equal(['play', ':wumpscut: - Soylent Green']);
    expect(said('播放：红豆')).to.deep.equal(['play', '红豆']);
    expect(said('PLAYING')).to.deep.equal(['playing', '']);
    expect(said('player')).to.equal(undefined);
    expect(said('播放红豆')).to.deep.equal(['play', '红豆']);
    expect(said('正在播放')).to.deep.equal(['playing', '']);
    expect(said('private session 2h')).to.deep.equal(['private', '2h']);
    expect(said('forget me')).to.deep.equal(['forget', '']);
    expect(said('帮助')).to.deep.equal(['help', '']);
    expect(said('help me')).to.equal(undefined);
    expect(said('')).to.equal(undefined);
  });

  const read = (text: string, numbered = true) => {
    const answers = readAnswers(FIELDS, text, numbered);
    return answers && Object.fromEntries(answers);
  };

  it('reads fields by name or label, and leaves what is not named', () => {
    expect(read('discoverable no')).to.deep.equal({ discoverable: ['0'], groups: ['Band'], blocked: ['+1'] });
    expect(read('可被找到：否')?.discoverable).to.deep.equal(['0']);
    expect(read('groups 2, band\nblocked: +2，+3')).to.deep.equal({
      discoverable: ['1'],
      groups: ['Work', 'Band'],
      blocked: ['+2', '+3'],
    });
    expect(read('groups -')?.groups).to.deep.equal([]);
    expect(read('groups 1')?.groups, 'a group of that name').to.deep.equal(['1']);
    expect(read('groups 2', false)?.groups, 'no list was shown').to.deep.equal(['2']);
    expect(read('nonsense')).to.equal(undefined);
  });

  it('looks at each choice once or twice, however many a message names and however often', () => {
    let looks = 0;
    const options = Array.from({ length: 1000 }, (_, i) => ({
      value: `id-${i}`,
      get label() {
        looks += 1;
        return `Person ${i}`;
      },
    }));
    const people: Field = { name: 'people', type: 'list-multi', label: 'People', value: [], options };
    const text = `${`people ${'a, '.repeat(500)};`.repeat(5)} people person 7, ID-8, 10`;
    expect(readAnswers([people], text, true)?.get('people')).to.deep.equal(['id-7', 'id-8', 'id-9']);
    expect(looks).to.be.at.most(2 * options.length);
  });

  it('takes any text, and answers for each field it knows', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        readSaid(text, COMMANDS);
        const answers = readAnswers(FIELDS, text, true);
        expect(answers === undefined || answers.size === FIELDS.length).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });
});
