import { readEnv, toComponentConfig } from '../runtime/config/config.ts';
import { configOrExit, runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createSubjectHash } from '../runtime/subject-hash.ts';
import { startComponent } from './component.ts';

const config = configOrExit(() => toComponentConfig(readEnv()));
const log = createLog('component', config.logLevel, createSubjectHash(config.numberKey));
await runProcess(log, () => startComponent(config, log));
