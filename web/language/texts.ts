import type { en } from './en.ts';

type English = typeof en;

/** Every text of the page: a language in which one is missing does not compile. */
export type Texts = {
  [Name in keyof English]: English[Name] extends (...values: infer Values) => string
    ? (...values: Values) => string
    : string;
};
