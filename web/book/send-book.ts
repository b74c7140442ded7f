import type { Call } from '../api/call.ts';
import { toProblem } from '../api/problem.ts';
import type { BookAccepted, BookState } from '../api/shapes.ts';

/** What became of an upload. Over the budget of numbers the book is kept, and the API does not say what was refused. */
export type Outcome = { name: string; matched: number } & (
  | ({ kind: 'taken' } & Pick<BookAccepted, 'contacts' | 'rejected'>)
  | { kind: 'over-budget'; waiting: number }
);

/** Milliseconds between two looks at whether friends have been found. */
const LOOK = 500;

/** The media type of a file by its name: what browsers say about .vcf and .csv depends on what is installed. */
export function bookTypeOf(name: string): string | undefined {
  const ending = /\.(vcf|vcard|csv)$/i.exec(name)?.[1]?.toLowerCase();
  return ending === undefined ? undefined : ending === 'csv' ? 'text/csv' : 'text/vcard';
}

/** Sends a file as the whole address book; the browser reads it from the disk as it goes. @throws Problem */
export async function sendBook(call: Call, file: File, type: string): Promise<BookAccepted | 'over-budget'> {
  try {
    return await (await call('PUT', '/address-book', { body: file, headers: { 'content-type': type } })).json();
  } catch (err) {
    // Only an answer about a book that was kept has its version.
    const { status, etag } = toProblem(err);
    if (status === 429 && etag) return 'over-budget';
    throw err;
  }
}

/** The book when friends have been looked for. @throws Problem */
export async function settledBook(call: Call, signal: AbortSignal): Promise<BookState> {
  for (;;) {
    const book = (await (await call('GET', '/address-book', { signal })).json()) as BookState;
    if (book.state === 'current') return book;
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}
