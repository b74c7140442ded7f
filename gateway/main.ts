import { readEnv } from '../runtime/config/env-reader.ts';
import { toGatewayConfig } from '../runtime/config/gateway-config.ts';
import { configOrExit, runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createSubjectHash } from '../runtime/secret/subject-hash.ts';
import { startTracing } from '../runtime/start-tracing.ts';
import { startGateway } from './gateway.ts';

const config = configOrExit(() => toGatewayConfig(readEnv()));
const subjectHashOf = createSubjectHash(config.numberKey);
const log = createLog('gateway', config.logLevel, subjectHashOf);
const tracing = await startTracing(config.traces, 'gateway', log, subjectHashOf);
await runProcess(log, () => startGateway(config, log, tracing), config.drain);
