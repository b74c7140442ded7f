import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { OUTLETS } from '../domain/playing/outlets.ts';

const ROOT = new URL('../', import.meta.url);
/** No sources of ours, or samples that tests read. */
const PASSED_OVER = ['node_modules', 'dist', 'fixtures'];
const SOURCE = /\.(ts|tsx|mts|mjs|js|sh)$/;
/** Folders whose own folders may not all import each other. */
const ROOMS = ['domain', 'runtime', 'store', 'service', 'component', 'gateway', 'worker', 'local'];

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

describe('what outlets share', () => {
  it('names none of them, so that another is a row of their table and a folder of its own (decision 153)', () => {
    const names = OUTLETS.flatMap(({ name, queue }) => [`'${name}'`, `'${queue}'`]);
    const own = OUTLETS.map(({ name }) => `outlet/${name}`);
    const shared = ['runtime', 'store', 'service', 'outlet', 'gateway', 'worker'].flatMap(foldersBelow);
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
