import type { ComponentConfig } from '../../runtime/config/config.ts';
import { createSubjectHash } from '../../runtime/subject-hash.ts';
import { createServiceContext } from '../../service/context.ts';
import type { Context } from '../context.ts';
import type { CommandContext } from './command.ts';
import { createShownAgain } from './shown-again.ts';
import { createTimeZones } from './time-zones.ts';

/** What users' own wishes are served with. */
export function createCommandContext(
  config: ComponentConfig,
  { stores, queues, stream, metrics, log, now }: Context,
): CommandContext {
  return {
    ...createServiceContext(config, { stores, queues }),
    domain: config.domain,
    shownAgain: createShownAgain(now),
    timeZones: createTimeZones(stream, now),
    subjectHashOf: createSubjectHash(config.numberKey),
    metrics,
    log,
  };
}
