/** What went wrong, said aloud at once; nothing when nothing did. */
export function Trouble({ text, id }: { text: string | undefined; id?: string }) {
  return (
    <p class="trouble" role="alert" id={id}>
      {text}
    </p>
  );
}
