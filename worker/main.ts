import { readEnv } from '../runtime/config/env-reader.ts';
import { toWorkerConfig } from '../runtime/config/worker-config.ts';
import { configOrExit, runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createSubjectHash } from '../runtime/secret/subject-hash.ts';
import { startWorker } from './worker.ts';

const config = configOrExit(() => toWorkerConfig(readEnv()));
const log = createLog('worker', config.logLevel, createSubjectHash(config.numberKey));
await runProcess(log, () => startWorker(config, log));
