/** The sign of the page: somebody's sound. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" />
      <path d="M9 13v6M14 9v14M19 12v8M24 14.5v3" />
    </svg>
  );
}
