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

/** Provisioning files, small as they are: each row is a subscriber. */
export const IMPORT_CSV = Buffer.from(
  'phoneNumber,otherPhoneNumbers,displayName,jid\r\n+8613800138000,"+8613900139000, +4915146788794","Li ""A""",a@op.example\r\n',
);
export const IMPORT_LINES = Buffer.from(
  '{"phoneNumber":"+8613800138000","displayName":"Alice"}\n{"phoneNumber":"+8613900139000","otherPhoneNumbers":["+4915146788794"]}\n\n{"jid":7}\n',
);
