import type { Child } from '../children/child.ts';
import { waitUntil, withLog } from '../children/wait.ts';
import { StartError } from '../start-error.ts';

/** Milliseconds for an answer: a busy machine may take long, and a gateway that dies closes the connection. */
const PATIENCE_MS = 30_000;

/** How long to wait, and for whom. */
export interface ReadinessOptions {
  timeoutMs: number;
  children: Child[];
  signal?: AbortSignal | undefined;
}

/**
 * Waits until the gateway's `/readyz` answers 200: Redis, component and worker are there too. Throws `DIED` when a process ends meanwhile, or
 * `TIMEOUT` with what is missing.
 */
export async function waitForReadiness(gatewayUrl: string, options: ReadinessOptions): Promise<void> {
  let missing = 'the gateway does not answer';
  async function ready(): Promise<boolean> {
    const answer = await askReadiness(gatewayUrl);
    missing = answer ?? missing;
    return answer === '';
  }
  try {
    await waitUntil(ready, { ...options, goal: 'Earshot was not ready', everyMs: 50 });
  } catch (error) {
    if (!(error instanceof StartError) || error.code !== 'TIMEOUT') throw error;
    const message = `Earshot was not ready within ${options.timeoutMs / 1000} s: ${missing}.`;
    throw new StartError('TIMEOUT', options.children.reduce(withLogOf, message), error);
  }
}

function withLogOf(message: string, child: Child): string {
  return withLog(`${message}\n${child.name}:`, child);
}

/** An empty text when ready, what is missing when not, undefined when nobody answers. */
async function askReadiness(gatewayUrl: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${gatewayUrl}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await response.text();
    return response.ok ? '' : text;
  } catch {
    return undefined;
  }
}
