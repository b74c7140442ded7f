import { readEnv, toGatewayConfig } from '../runtime/config/config.ts';
import { configOrExit, runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createSubjectHash } from '../runtime/subject-hash.ts';
import { startGateway } from './gateway.ts';

const config = configOrExit(() => toGatewayConfig(readEnv()));
const log = createLog('gateway', config.logLevel, createSubjectHash(config.numberKey));
await runProcess(log, () => startGateway(config, log));
