/** What is kept until the tab is closed, or for the next visit with this browser. */
export type Place = 'tab' | 'browser';

/** Undefined when nothing is kept there, or when the browser lets nothing be kept. */
export function readFrom(place: Place, key: string): string | undefined {
  try {
    return storageOf(place).getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Undefined takes it away. A browser that lets nothing be kept still shows the page, until it is loaded anew. */
export function writeTo(place: Place, key: string, value: string | undefined): void {
  try {
    if (value === undefined) storageOf(place).removeItem(key);
    else storageOf(place).setItem(key, value);
  } catch {}
}

function storageOf(place: Place): Storage {
  return place === 'tab' ? sessionStorage : localStorage;
}
