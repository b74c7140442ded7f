import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import { createSubjectHash } from '../../runtime/secret/subject-hash.ts';
import { createServiceContext } from '../../service/context.ts';
import type { Context } from '../context.ts';
import type { Stream } from '../stream/stream.ts';
import type { CommandContext } from './command.ts';
import { createShownAgain } from './shown-again.ts';
import { createTimeZones } from './time-zones.ts';

/** What users' own wishes are served with. */
export function createCommandContext(
  config: ComponentConfig,
  { stores, queues, metrics, log, now }: Context,
  stream: Pick<Stream, 'request'>,
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
