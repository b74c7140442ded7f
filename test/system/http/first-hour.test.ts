import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../../local/project-root.ts';
import { createApi } from '../../support/api.ts';
import { useStack } from '../../support/stack.ts';

const PAGE = readFileSync(join(projectRoot(), 'docs', 'integrating.md'), 'utf8');

describe('a carrier’s first hour, as docs/integrating.md has it', () => {
  const stack = useStack();
  const api = createApi(stack);

  it('goes through with what the page says that the key may do', async () => {
    const [, chapter = ''] = /^## A carrier's first hour$(.*?)^## /ms.exec(PAGE) ?? [];
    const commands = [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
    expect(commands).to.have.length.above(4);
    const [, said = ''] = /with the scopes (.*?), and the\n/s.exec(chapter) ?? [];
    const scopes = [...said.matchAll(/`([\w:-]+)`/g)].map(([, scope]) => scope);
    const wish = { name: 'A carrier', scopes, ranges: ['+86138'] };
    const { body } = await api.expectStatus(201, api.call('POST', '/v1/credentials', wish));
    const env = { ...process.env, EARSHOT: stack.gatewayUrl, KEY: String(body.key) };
    const { stdout } = await promisify(execFile)('bash', ['-c', commands.join('\n')], { env });
    expect(stdout)
      .to.match(/"status":"ready"/)
      .and.match(/"expiresAt"/)
      .and.match(/^data: .*Bob from work.*Jóga/m);
    const { body: left } = await api.expectStatus(200, api.call('GET', '/v1/subscribers'));
    expect(left.subscribers, 'all that was made was taken back').to.deep.equal([]);
  });
});
