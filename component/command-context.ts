import type { ComponentConfig } from '../runtime/config.ts';
import { createKeyedHash } from '../runtime/keyed-hash.ts';
import { createNumberKeys } from '../runtime/number-key.ts';
import { createSubjectHash } from '../runtime/subject-hash.ts';
import type { CommandContext } from './commands/command.ts';
import type { Context } from './context.ts';

/** What users' own wishes are served with. */
export function createCommandContext(
  config: ComponentConfig,
  { stores, queues, metrics, log, now }: Context,
): CommandContext {
  return {
    config,
    stores,
    queues,
    numberKeys: createNumberKeys(config.numberKey, config.numberKeyPrevious),
    keyedHash: createKeyedHash(config.secretsKey),
    domain: config.domain,
    subjectHashOf: createSubjectHash(config.numberKey),
    metrics,
    log,
    now,
  };
}
