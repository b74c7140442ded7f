import { readEnv, toWorkerConfig } from '../runtime/config.ts';
import { configOrExit, runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { startWorker } from './worker.ts';

const config = configOrExit(() => toWorkerConfig(readEnv()));
const log = createLog('worker', config.logLevel);
await runProcess(log, () => startWorker(config, log));
