import { waitUntil } from '../../local/children/wait.ts';

/** Milliseconds for which a title may yet come. */
const PATIENCE = 10_000;

/** How many of these titles somebody hears, who comes when everything has been started again. */
export async function remembered(
  titles: readonly string[],
  listen: (heard: (title: string) => void) => Promise<{ close(): void }>,
): Promise<number> {
  const heard = new Set<string>();
  const client = await listen((title) => heard.add(title));
  const count = () => titles.filter((title) => heard.has(title)).length;
  const goal = 'Not everything came back';
  // Whatever has come by then is what is remembered.
  await waitUntil(async () => count() === titles.length, { goal, timeoutMs: PATIENCE }).catch(() => {});
  client.close();
  return count();
}
