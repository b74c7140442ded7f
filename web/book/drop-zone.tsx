import { useId, useState } from 'preact/hooks';
import { useTexts } from '../language/language.ts';

type Props = { busy: boolean; onFile: (file: File) => void };

/** A place to drag a file to, with a button for whoever would rather choose one. */
export function DropZone({ busy, onFile }: Props) {
  const texts = useTexts();
  const id = useId();
  const [over, setOver] = useState(false);

  function drop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer?.files);
  }
  function take(files: FileList | null | undefined): void {
    const [file] = files ?? [];
    if (file && !busy) onFile(file);
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dragging is one more way to what the input does
    <div
      class={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p>{texts.dropHere}</p>
      <input
        id={id}
        class="visually-hidden"
        type="file"
        accept=".vcf,.vcard,.csv,text/vcard,text/csv"
        disabled={busy}
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <label for={id} class="button">
        {texts.chooseFile}
      </label>
    </div>
  );
}
