import { readdirSync, readFileSync } from 'node:fs';

const FIXTURES = new URL('../fixtures/', import.meta.url);

/** The files of a folder of fixtures with that ending. */
export function fixtureFiles(folder: string, ending: string): Buffer[] {
  const url = new URL(`${folder}/`, FIXTURES);
  return readdirSync(url)
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(new URL(file, url)));
}

/** The fields of the phone fixtures. */
export function phoneFields(): string[] {
  return fixtureFiles('phone', '.tsv')
    .flatMap((file) => file.toString('utf8').split('\n'))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t')[0] ?? '');
}
