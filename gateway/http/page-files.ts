import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

/** A file of the friends page, as it goes out. */
export type PageFile = { type: string; body: Buffer };

/** `index`: what `/` answers; `assets`: by their names, which change with what is in them. */
export type PageFiles = { index: PageFile; assets: ReadonlyMap<string, PageFile> };

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Seen from the sources, and from the build. */
const PLACES = ['../../dist/web/', '../web/'];

/** The page as it was built, or undefined when it was not. */
export function readPageFiles(): PageFiles | undefined {
  for (const place of PLACES) {
    const folder = new URL(place, import.meta.url);
    try {
      const names = readdirSync(new URL('page/', folder));
      const assets = new Map(names.map((name) => [name, read(new URL(`page/${name}`, folder))]));
      return { index: read(new URL('index.html', folder)), assets };
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
    }
  }
  return undefined;
}

function read(file: URL): PageFile {
  return { type: TYPES[extname(file.pathname)] ?? 'application/octet-stream', body: readFileSync(file) };
}
