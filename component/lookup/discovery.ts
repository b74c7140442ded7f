import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import type { Log } from '../../runtime/log.ts';
import type { Recording } from '../../service/audit/recorded.ts';
import type { Capability } from '../disco/disco.ts';
import { answerVcard } from '../disco/vcard.ts';
import type { Stream } from '../stream/stream.ts';
import { answerGateway } from './number-gateway.ts';
import { answerQuicksy } from './quicksy.ts';
import { answerRegistration } from './registration.ts';
import { answerSearch } from './search.ts';

/** The ways in which clients register a number, and find people by theirs (docs/discovery.md). */
export function answerDiscovery(stream: Stream, config: ComponentConfig, service: Recording, log: Log): Capability[] {
  return [
    answerVcard(stream, config.publicUrl),
    answerGateway(stream, service, log),
    answerSearch(stream, service, log),
    answerRegistration(stream, service, log),
    ...(config.quicksy === 'on' ? [answerQuicksy(stream, service, log)] : []),
  ];
}
