import { useCallback } from 'preact/hooks';
import type { BookState } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { usePolled } from '../parts/use-polled.ts';
import { useCall } from '../session/mine.ts';
import { Sources } from './sources.tsx';
import { Upload } from './upload.tsx';

const EVERY = 30_000;

/** The address books: what is kept, the upload, and those on the network. */
export function BookView() {
  const texts = useTexts();
  const call = useCall();
  const load = useCallback(async () => (await (await call('GET', '/address-book')).json()) as BookState, [call]);
  const { value: book, refresh } = usePolled(load, EVERY);
  return (
    <div class="narrow">
      <p class="lead">{texts.bookLead}</p>
      {book && (
        <p class="figures">
          <span>{texts.bookContacts(book.contacts)}</span>
          <span>{texts.bookMatched(book.matched)}</span>
        </p>
      )}
      {book && book.waiting > 0 && <p class="notice">{texts.bookWaiting(book.waiting)}</p>}
      <Upload onDone={refresh} />
      <Sources />
    </div>
  );
}
