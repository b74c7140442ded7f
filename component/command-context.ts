import type { ComponentConfig } from '../runtime/config.ts';
import { createSubjectHash } from '../runtime/subject-hash.ts';
import { createServiceContext } from '../service/context.ts';
import type { CommandContext } from './commands/command.ts';
import { createShownAgain } from './commands/shown-again.ts';
import type { Context } from './context.ts';

/** What users' own wishes are served with. */
export function createCommandContext(
  config: ComponentConfig,
  { stores, queues, metrics, log, now }: Context,
): CommandContext {
  return {
    ...createServiceContext(config, { stores, queues }),
    domain: config.domain,
    shownAgain: createShownAgain(now),
    subjectHashOf: createSubjectHash(config.numberKey),
    metrics,
    log,
  };
}
