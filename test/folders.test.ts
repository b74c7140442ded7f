import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { OUTLETS } from '../domain/playing/outlets.ts';

const ROOT = new URL('../', import.meta.url);
/** No sources of ours, samples that tests read, or what `npm start` keeps here (its names are no paths of URLs). */
const PASSED_OVER = ['node_modules', 'dist', 'data', 'fixtures'];
const SOURCE = /\.(ts|tsx|mts|mjs|js|sh)$/;
/** Folders of tests that are about no folder of the code; what is below them are capabilities. */
const OF_TESTS = ['compatibility', 'fuzz', 'soak', 'support', 'system', 'torture'];
/** Folders whose own folders may not all import each other. */
const ROOMS = [
  'domain',
  'runtime',
  'store',
  'service',
  'outlet',
  'component',
  'gateway',
  'worker',
  'cli',
  'local',
  'web',
];

describe('the plan of the folders', () => {
  it('has at most 25 source files in each', () => {
    const full = foldersBelow('').filter((folder) => sourcesIn(folder).length > 25);
    expect(full, 'make folders of these, by capability (decision 128)').to.deep.equal([]);
  });

  it('says in biome.json of each what it may import', () => {
    const held = lawful();
    const free = ROOMS.flatMap(foldersBelow)
      .filter((folder) => sourcesIn(folder).length > 0 && !held.has(folder))
      .filter((folder) => !ROOMS.includes(folder));
    // It is run once, by whoever installs, and is no part of the program.
    expect(free, 'give these a law in biome.json, and a line in decision 128').to.deep.equal(['local/setup']);
  });
});

describe('the folders of the tests', () => {
  it('are those of the code, so that what tests a file is found where the file is', () => {
    const ours = foldersBelow('test').filter((folder) => folder !== 'test');
    const mirrored = ours
      .map((folder) => folder.slice('test/'.length))
      .filter((folder) => !OF_TESTS.some((own) => folder === own || folder.startsWith(`${own}/`)));
    const code = new Set(foldersBelow(''));
    expect(mirrored).to.include.members(['component/server', 'store/base']);
    expect(mirrored.filter((folder) => !code.has(folder))).to.deep.equal([]);
  });
});

describe('what outlets share', () => {
  it('names none of them, so that another is a row of their table and a folder of its own (decision 153)', () => {
    const names = OUTLETS.flatMap(({ name, queue }) => [`'${name}'`, `'${queue}'`]);
    const own = OUTLETS.map(({ name }) => `outlet/${name}`);
    const beside = ['account', 'active', 'lapses', 'picture', 'presence', 'roster', 'work'].map(
      (folder) => `component/${folder}`,
    );
    const shared = ['runtime', 'store', 'service', 'outlet', 'gateway', 'worker', ...beside].flatMap(foldersBelow);
    const files = shared
      .filter((folder) => !own.some((one) => folder.startsWith(one)))
      .flatMap((folder) => sourcesIn(folder).map((file) => `${folder}/${file}`));
    const naming = files.filter((file) => {
      const text = readFileSync(new URL(file, ROOT), 'utf8');
      return names.some((name) => text.includes(name));
    });
    expect(naming).to.deep.equal([]);
  });
});

/** The folder itself and all below it, by their paths from the root. */
function foldersBelow(folder: string): string[] {
  const within = entriesOf(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !PASSED_OVER.includes(entry.name))
    .map(({ name }) => (folder === '' ? name : `${folder}/${name}`));
  return [folder, ...within.flatMap(foldersBelow)];
}

function sourcesIn(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => (entry.isFile() && SOURCE.test(entry.name) ? [entry.name] : []));
}

function entriesOf(folder: string) {
  return readdirSync(new URL(`${folder === '' ? '.' : folder}/`, ROOT), { withFileTypes: true });
}

/** Folders for which biome.json restricts what is imported. */
function lawful(): Set<string> {
  const { overrides } = JSON.parse(readFileSync(new URL('biome.json', ROOT), 'utf8')) as {
    overrides: { includes: string[]; linter: { rules: { style?: { noRestrictedImports?: unknown } } } }[];
  };
  return new Set(
    overrides
      .filter(({ linter }) => linter.rules.style?.noRestrictedImports)
      .flatMap(({ includes }) => includes.map((path) => path.replace(/\/\*+$/, ''))),
  );
}
