import { readEnv, toWorkerConfig } from '../runtime/config/config.ts';
import { configOrExit, runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createSubjectHash } from '../runtime/subject-hash.ts';
import { startWorker } from './worker.ts';

const config = configOrExit(() => toWorkerConfig(readEnv()));
const log = createLog('worker', config.logLevel, createSubjectHash(config.numberKey));
await runProcess(log, () => startWorker(config, log));
