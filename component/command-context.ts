import type { ComponentConfig } from '../runtime/config.ts';
import { createSubjectHash } from '../runtime/subject-hash.ts';
import { createServiceContext } from '../service/context.ts';
import type { CommandContext } from './commands/command.ts';
import type { Context } from './context.ts';

/** What users' own wishes are served with. */
export function createCommandContext(
  config: ComponentConfig,
  { stores, queues, metrics, log }: Context,
): CommandContext {
  return {
    ...createServiceContext(config, { stores, queues }),
    domain: config.domain,
    subjectHashOf: createSubjectHash(config.numberKey),
    metrics,
    log,
  };
}
