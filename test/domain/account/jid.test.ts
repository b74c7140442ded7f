import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { bareOf, domainOf, parseBareJid, prepareDomain, resourceOf, sameJid } from '../../../domain/account/jid.ts';

/** Prosody's own nodeprep: a line for each line; empty for what it refuses. */
const NODEPREP = `
package.cpath = "/usr/lib/prosody/?.so;" .. package.cpath
local nodeprep = require "util.encodings".stringprep.nodeprep
for line in io.lines() do print(nodeprep(line) or "") end`;

/** Everything but the ideographs and syllables that stand in their blocks as they are. */
const BLOCKS = [
  [0x21, 0x4dff],
  [0xa000, 0xabff],
  [0xd7a4, 0x1ffff],
  [0x2f800, 0x2ffff],
] as const;
const LINE_ENDS = /[\u0085\u2028\u2029]/;

function nodeprepAll(names: readonly string[]): string[] {
  const options = { input: names.join('\n'), maxBuffer: 2 ** 30, encoding: 'utf8' } as const;
  return execFileSync('lua5.4', ['-e', NODEPREP], options).split('\n');
}

function localpart(name: string): string | undefined {
  return parseBareJid(`${name}@op.example`)?.replace('@op.example', '');
}

describe('domain/account/jid', () => {
  it('brings a bare JID into the form that servers compare', () => {
    for (const [text, prepared] of [
      ['Alice@OP.Example', 'alice@op.example'],
      ['+8613800138000@op.example', '+8613800138000@op.example'],
      ['＋８６13800138000@op.example.', '+8613800138000@op.example'],
      ['E\u0301va@op.example', 'éva@op.example'],
      ['МАША@op.example', 'маша@op.example'],
      ['ışık@op.example', 'ışık@op.example'],
      ['王明@op.example', '王明@op.example'],
      ['מרים@op.example', 'מרים@op.example'],
      ['anna@BÜCHER.example', 'anna@bücher.example'],
      ['anna@xn--bcher-kva.example', 'anna@xn--bcher-kva.example'],
    ] as const)
      expect(parseBareJid(text), text).to.equal(prepared);
  });

  it('takes nothing that is no bare JID', () => {
    for (const text of [
      '',
      'op.example',
      '@op.example',
      'alice@',
      'alice@op.example/phone',
      'a b@op.example',
      'a<b@op.example',
      'a@b@op.example',
      'alice@op_example',
      'a\u0000@op.example',
      'alice@straße.example',
      `${'x'.repeat(1024)}@op.example`,
    ])
      expect(parseBareJid(text), text).to.equal(undefined);
  });

  it('takes nothing that Prosody would store as another account, or RFC 7622 forbids', () => {
    for (const name of [
      'straße',
      'ﬁona',
      'νίκος',
      'ΝΊΚΟΣ',
      'a\u00ADb',
      'a\u200Bb',
      'a\u2060b',
      'ǆ',
      'ŉ',
      'Ⴀ',
      '♥',
      'aא',
      '①',
    ])
      expect(localpart(name), name).to.equal(undefined);
  });

  it('makes of every character that it takes what Prosody makes of it, and of that the same again', () => {
    const names = BLOCKS.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)),
    )
      .filter((character) => character.isWellFormed() && !LINE_ENDS.test(character))
      .map((character) => `a${character}`);
    const theirs = nodeprepAll(names);
    const taken = names.map(localpart);
    const others = names.filter((_, i) => taken[i] !== undefined && taken[i] !== theirs[i]);
    expect(others.slice(0, 10)).to.deep.equal([]);
    expect(taken.filter((name) => name !== undefined && localpart(name) !== name)).to.deep.equal([]);
    expect(taken.filter((name) => name !== undefined)).to.have.length.greaterThan(10_000);
  });

  it('knows the same address however it is written, and nobody else by it', () => {
    expect(sameJid('Alice@OP.example/Phone', 'alice@op.example/Phone')).to.equal(true);
    expect(sameJid('OP.example.', 'op.example')).to.equal(true);
    expect(sameJid('alice@op.example/Phone', 'alice@op.example/phone')).to.equal(false);
    expect(sameJid('strasse@op.example', 'straße@op.example')).to.equal(false);
  });

  it('prepares a domain', () => {
    expect(['OP.Example.', 'Bücher.Example', 'op example', '', 'op..'].map(prepareDomain)).to.deep.equal([
      'op.example',
      'bücher.example',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('takes a full JID apart', () => {
    expect([bareOf('a@b/c/d'), resourceOf('a@b/c/d'), domainOf('a@b')]).to.deep.equal(['a@b', 'c/d', 'b']);
    expect([bareOf('a@b'), resourceOf('a@b')]).to.deep.equal(['a@b', '']);
  });
});
