import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { build } from 'esbuild';

// It has no types of its own.
const { ownMap } = (await import(new URL('../../../local/setup/own-map.mjs', import.meta.url).href)) as {
  ownMap(map: object): object;
};

/** Folder, file and line of each place in the stack that the program prints. */
function stackOf(program: string): string[] {
  const code = `await import(${JSON.stringify(pathToFileURL(program).href)})`;
  const stack = execFileSync(process.execPath, ['--enable-source-maps', '--input-type=module', '--eval', code], {
    encoding: 'utf8',
  });
  return [...stack.matchAll(/([\w.-]+\/[\w.-]+:\d+):\d+\)?$/gm)].map(([, place]) => place ?? '');
}

describe('local/setup/own-map', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earshot-map-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('names lines of ours in a stack, and lines of the program for what is a library’s', async () => {
    const library = join(folder, 'node_modules/library');
    for (const one of [library, join(folder, 'ours'), join(folder, 'built')]) mkdirSync(one, { recursive: true });
    writeFileSync(
      join(library, 'index.js'),
      '// A library.\n\nexport function call(back) {\n  return back() + 1;\n}\n',
    );
    const source = `import { call } from 'library';

type Nothing = undefined;
export function wrong(): Nothing {
  console.log(new Error('wrong').stack);
}

call(wrong);
`;
    writeFileSync(join(folder, 'ours/main.ts'), source);
    const { outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: ['ours/main.ts'],
      outfile: 'built/main.js',
      bundle: true,
      format: 'esm',
      platform: 'node',
      sourcemap: true,
      sourcesContent: false,
      write: false,
    });
    for (const { path, text } of outputFiles)
      writeFileSync(path, path.endsWith('.map') ? JSON.stringify(ownMap(JSON.parse(text))) : text);
    expect(stackOf(join(folder, 'built/main.js')).slice(0, 3)).to.deep.equal([
      'ours/main.ts:5',
      'built/main.js:3',
      'ours/main.ts:8',
    ]);
  });
});
