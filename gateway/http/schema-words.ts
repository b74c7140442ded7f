import type { FastifySchemaValidationError } from 'fastify';
import { RANGE } from '../../domain/access/grant.ts';

type Wrong = FastifySchemaValidationError;

const PARTS: Record<string, string> = {
  body: 'The body',
  querystring: 'The query',
  params: 'The path',
  contact: 'The contact',
};
const TYPES: Record<string, string> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};
const MOST_NAMES = 3;
const MOST_SENTENCES = 3;
/** What a caller invents may be anything, also somebody's number: only what looks like the name of a field is repeated. */
const NAME = /^(?!.*\d{5})[a-z_][\w-]{0,63}$/i;

/** What a schema found wrong, as sentences for the writer of the call; `part`: of the request, as fastify calls it, or `contact`. */
export function schemaWords(errors: readonly Wrong[], part: string): string {
  const sentences = errors
    .filter((error) => error.keyword !== 'boolean' && !errors.some((union) => isWithin(error, union)))
    .flatMap((error) => (error.keyword === 'anyOf' ? ofUnion(error, errors, part) : sentence(error, part)));
  return [...new Set(sentences)].slice(0, MOST_SENTENCES).join(' ') || `${PARTS[part] ?? part} is not valid.`;
}

/** Of the alternatives of a union only the one that was meant is told about, where that can be seen: what is of its kind, with the fewest faults. */
function ofUnion(union: Wrong, errors: readonly Wrong[], part: string): string[] {
  const branches = new Map<string, Wrong[]>();
  for (const error of errors.filter((one) => isWithin(one, union))) {
    const [branch = ''] = error.schemaPath.slice(`${union.schemaPath}/anyOf/`.length).split('/');
    branches.set(branch, [...(branches.get(branch) ?? []), error]);
  }
  const meant = [...branches.values()]
    .filter((branch) => !branch.some((error) => isOfAnotherKind(error, union)))
    .sort((a, b) => a.length - b.length)[0];
  if (meant) return meant.filter(({ keyword }) => keyword !== 'boolean').map((error) => sentence(error, part));
  const kinds = [...branches.values()].flatMap((branch) => branch.at(-1) ?? []).map(kindOf);
  return [`${placeOf(union, part)} must be ${[...new Set(kinds)].join(' or ')}.`];
}

function isWithin(error: Wrong, union: Wrong): boolean {
  return union.keyword === 'anyOf' && error.schemaPath.startsWith(`${union.schemaPath}/anyOf/`);
}

function isOfAnotherKind({ keyword, instancePath }: Wrong, union: Wrong): boolean {
  return instancePath === union.instancePath && ['type', 'const'].includes(keyword);
}

function kindOf({ keyword, params }: Wrong): string {
  return keyword === 'const' ? JSON.stringify(params.allowedValue) : typeName(params.type);
}

function sentence(error: Wrong, part: string): string {
  const place = placeOf(error, part);
  const { keyword, params } = error;
  if (keyword === 'additionalProperties') return unknownFields(place, part, params.additionalProperties as string[]);
  if (keyword === 'required') return `${place} lacks ${(params.requiredProperties as string[]).join(', ')}.`;
  return `${place} ${demand(keyword, params)}.`;
}

function unknownFields(place: string, part: string, names: readonly string[]): string {
  const shown = names.filter((name) => NAME.test(name)).slice(0, MOST_NAMES);
  const what = part === 'querystring' ? 'parameter' : 'field';
  const which = shown.length > 0 ? `: ${shown.join(', ')}` : '';
  return `${place} has a ${what} that this call does not know${which}. Leave it out, or see /docs for its name.`;
}

function demand(keyword: string, params: Wrong['params']): string {
  const limit = `${params.limit}`;
  switch (keyword) {
    case 'type':
      return `must be ${typeName(params.type)}`;
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue)}`;
    case 'enum':
      return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'minLength':
      return limit === '1' ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
    case 'minProperties':
      return 'must not be empty';
    case 'maxItems':
      return `must have at most ${limit} entries`;
    case 'uniqueItems':
      return 'must not have the same entry twice';
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'format':
      return 'must be a time such as 2026-01-31T12:00:00Z';
    case 'pattern':
      if (params.pattern === RANGE.source) return 'must begin with + and the country code, such as +4915';
      return `has characters or a length that it must not have; it must match ${params.pattern}`;
    default:
      return 'is not what /docs describes';
  }
}

function placeOf({ instancePath }: Wrong, part: string): string {
  return instancePath === '' ? (PARTS[part] ?? part) : instancePath.slice(1).replaceAll('/', '.');
}

function typeName(type: unknown): string {
  return TYPES[`${type}`] ?? `${type}`;
}
