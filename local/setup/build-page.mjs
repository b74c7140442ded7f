// Builds the friends page from web/ into dist/web: index.html, and page/ with files whose names change with their content.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { pathToFileURL } from 'node:url';

import { inProject } from './paths.mjs';

const LICENCE =
  '/* With Preact, (c) 2015-present Jason Miller, MIT licence: https://github.com/preactjs/preact/blob/main/LICENSE */';

/** Does nothing where there is no page. Throws what esbuild says about faults in the sources. */
export async function buildPage() {
  if (!existsSync(inProject('web/main.tsx'))) return;
  const { build } = await import('esbuild');
  rmSync(inProject('dist/web'), { recursive: true, force: true });
  mkdirSync(inProject('dist/web'), { recursive: true });
  await build({
    absWorkingDir: inProject('.'),
    entryPoints: ['web/main.tsx', 'web/styles/page.css', 'web/icon.svg'],
    outdir: 'dist/web/page',
    outbase: 'web',
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox119', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    banner: { js: LICENCE },
    logLevel: 'error',
  });
  writeFileSync(inProject('dist/web/index.html'), named(readFileSync(inProject('web/index.html'), 'utf8')));
}

/** The template with the names that the files have got: `page/main.js` is `page/main-<hash>.js`. */
function named(html) {
  return readdirSync(inProject('dist/web/page')).reduce((text, file) => {
    const ending = extname(file);
    const plain = basename(file, ending).replace(/-[A-Z0-9]+$/, '') + ending;
    return text.replaceAll(`/page/${plain}`, `/page/${file}`);
  }, html);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPage();
