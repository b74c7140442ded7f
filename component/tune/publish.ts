import type { Tune } from '../../domain/playing/tune.ts';
import type { Context } from '../context.ts';
import { publishTune } from '../server/pep.ts';

/** Publishes and counts it; no tune is the empty one. */
export async function publish(
  { stream, echoes, metrics }: Pick<Context, 'stream' | 'echoes' | 'metrics'>,
  jid: string,
  tune: Tune | undefined,
): Promise<void> {
  const what = tune ? 'tune' : 'stop';
  try {
    await publishTune(stream, echoes, jid, tune);
    metrics.publishes.inc({ what, outcome: 'done' });
  } catch (err) {
    metrics.publishes.inc({ what, outcome: 'failed' });
    throw err;
  }
}
