import { useEffect, useRef, useState } from 'preact/hooks';
import { toProblem } from '../api/problem.ts';
import { useTexts } from '../language/language.ts';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { useCall } from '../session/mine.ts';
import { DropZone } from './drop-zone.tsx';
import { bookTypeOf, type Outcome, sendBook, settledBook } from './send-book.ts';
import { UploadResult } from './upload-result.tsx';

/** Uploads a file as the address book, and says what became of it. */
export function Upload({ onDone }: { onDone: () => void }) {
  const texts = useTexts();
  const call = useCall();
  const [step, setStep] = useState<string>();
  const [outcome, setOutcome] = useState<Outcome>();
  const over = useRef(new AbortController());
  const isTable = useRef(false);
  const { busy, problem, run, setProblem } = useAction((err) => explain(err));
  useEffect(() => () => over.current.abort(), []);

  function explain(err: unknown): string | undefined {
    const { status, message } = toProblem(err);
    if (status === 413) return texts.fileTooLarge;
    // What is wrong with a table is in its first line, and the API says so; of other files nobody can mend anything.
    return status === 400 ? (isTable.current ? texts.uploadFailed(message) : texts.nothingRead) : undefined;
  }
  function take(file: File): void {
    const type = bookTypeOf(file.name);
    setOutcome(undefined);
    setProblem(type === undefined ? texts.wrongFile : undefined);
    if (type === undefined) return;
    isTable.current = type === 'text/csv';
    setStep(texts.uploading(file.name));
    void run(() => upload(file, type)).finally(() => setStep(undefined));
  }
  async function upload(file: File, type: string): Promise<void> {
    const taken = await sendBook(call, file, type);
    setStep(texts.looking);
    const { matched, waiting } = await settledBook(call, over.current.signal);
    const { name } = file;
    setOutcome(
      taken === 'over-budget' ? { kind: taken, name, matched, waiting } : { kind: 'taken', name, matched, ...taken },
    );
    onDone();
  }
  return (
    <section class="card" aria-labelledby="upload">
      <h2 id="upload">{texts.upload}</h2>
      <p class="hint">{texts.uploadHint}</p>
      <DropZone busy={busy} onFile={take} />
      <p class="step" role="status">
        {step}
      </p>
      <Trouble text={problem} />
      {outcome && <UploadResult outcome={outcome} />}
    </section>
  );
}
