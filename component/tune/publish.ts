import type { Tune } from '../../domain/playing/tune.ts';
import type { With } from '../context.ts';
import { NODES } from './nodes.ts';

/** Publishes it in every node and counts it; no tune is the empty one. @throws NoAccount */
export async function publish(
  { nodes, echoes, metrics }: Pick<With<'nodes'>, 'nodes' | 'echoes' | 'metrics'>,
  jid: string,
  tune: Tune | undefined,
): Promise<void> {
  const what = tune ? 'tune' : 'stop';
  try {
    for (const { name, notify, element } of NODES) {
      const payload = element(tune);
      if (notify !== undefined) echoes.expect(jid, payload);
      await nodes.publish(jid, name, payload);
    }
    metrics.publishes.inc({ what, outcome: 'done' });
  } catch (err) {
    metrics.publishes.inc({ what, outcome: 'failed' });
    throw err;
  }
}
