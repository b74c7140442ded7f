import { call, type Server } from './server.ts';

/** `earshot status`: 0 when everything is ready, 1 with what is missing otherwise. */
export async function showStatus(server: Server, json: boolean, print: (line: string) => void): Promise<number> {
  const { text } = await call(server, 'GET', '/readyz');
  const { status, missing, mode } = JSON.parse(text) as { status: string; missing: string[]; mode?: string };
  if (json) print(text);
  else {
    print(mode === 'unprivileged' ? `${status}, without privileges` : status);
    for (const part of missing) print(`  missing: ${part}`);
  }
  return missing.length === 0 ? 0 : 1;
}
