import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ALL_SCOPES } from '../../../domain/access/scope.ts';
import { SENT, SHOWN } from '../../../gateway/http/browser-headers.ts';

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const wordsIn = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

describe('what is promised to integrators', () => {
  it('names the header fields that pages of other origins may send, and read', () => {
    const [, sent, shown] = /There they may send ([^.]*?), and read ([^.]*)\./s.exec(page('promises.md')) ?? [];
    expect(wordsIn(sent).map((name) => name.toLowerCase())).to.have.members(SENT);
    expect(wordsIn(shown).map((name) => name.toLowerCase())).to.have.members(SHOWN);
  });

  it('has a row for each scope, and for no other', () => {
    const [table = ''] = /(?<=\| scope \| \|\n\|---\|---\|\n)(?:\|.*\n)+/.exec(page('integrating.md')) ?? [];
    const scopes = table.split('\n').flatMap((row) => wordsIn(row.split('|')[1]));
    expect(scopes).to.have.members(ALL_SCOPES);
  });
});
