import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../../local/project-root.ts';
import { createApi } from '../../support/api.ts';
import { useStack } from '../../support/stack.ts';

const PAGE = readFileSync(join(projectRoot(), 'docs', 'integrating.md'), 'utf8');

const COPYING = { name: 'A copy', scopes: ['subscribers:read'], ranges: ['+86138'] };

describe('a carrier’s first hour, as docs/integrating.md has it', () => {
  const stack = useStack();
  const api = createApi(stack);

  it('goes through with what the page says that the key may do', async () => {
    const chapter = chapterOf("A carrier's first hour");
    const commands = commandsOf(chapter);
    expect(commands).to.have.length.above(4);
    const [, said = ''] = /with the scopes (.*?), and the\n/s.exec(chapter) ?? [];
    const scopes = [...said.matchAll(/`([\w:-]+)`/g)].map(([, scope]) => scope);
    const wish = { name: 'A carrier', scopes, ranges: ['+86138'] };
    const { body } = await api.expectStatus(201, api.call('POST', '/v1/credentials', wish));
    const stdout = await run(commands, String(body.key));
    expect(stdout)
      .to.match(/"status":"ready"/)
      .and.match(/"expiresAt"/)
      .and.match(/^data: .*Bob from work.*Jóga/m);
    const { body: left } = await api.expectStatus(200, api.call('GET', '/v1/subscribers'));
    expect(left.subscribers, 'all that was made was taken back').to.deep.equal([]);
  });

  it('is followed by a copy of the list, which is kept in step as the page says', async () => {
    const { body } = await api.expectStatus(201, api.call('POST', '/v1/credentials', COPYING));
    const { id } = await api.join('+8613800138007', 'Alice');
    const [definitions = ''] = commandsOf(chapterOf("A carrier's first hour"));
    const stdout = await run([definitions, ...commandsOf(chapterOf('A copy of the list'))], String(body.key));
    const answer = JSON.parse(stdout.slice(stdout.lastIndexOf('{"subscribers"'))) as Record<string, unknown>;
    expect(answer).to.have.keys('subscribers', 'removed', 'asOf');
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${id}`));
  });

  async function run(commands: readonly string[], KEY: string): Promise<string> {
    const env = { ...process.env, EARSHOT: stack.gatewayUrl, KEY };
    return (await promisify(execFile)('bash', ['-c', commands.join('\n')], { env })).stdout;
  }
});

function chapterOf(title: string): string {
  return new RegExp(`^## ${title}$(.*?)^## `, 'ms').exec(PAGE)?.[1] ?? '';
}

function commandsOf(chapter: string): string[] {
  return [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}
