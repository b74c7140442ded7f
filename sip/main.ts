import { readEnv } from '../runtime/config/env-reader.ts';
import { toSipConfig } from '../runtime/config/sip-config.ts';
import { configOrExit, runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createSubjectHash } from '../runtime/secret/subject-hash.ts';
import { startSip } from './sip.ts';

const config = configOrExit(() => toSipConfig(readEnv()));
const log = createLog('sip', config.logLevel, createSubjectHash(config.numberKey));
await runProcess(log, () => startSip(config, log));
