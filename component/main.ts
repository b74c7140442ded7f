import { toComponentConfig } from '../runtime/config/component-config.ts';
import { readEnv } from '../runtime/config/env-reader.ts';
import { configOrExit, runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createSubjectHash } from '../runtime/secret/subject-hash.ts';
import { startTracing } from '../runtime/start-tracing.ts';
import { startComponent } from './component.ts';
import { readServers } from './server/kinds.ts';

const config = configOrExit(() => toComponentConfig(readEnv(), readServers));
const subjectHashOf = createSubjectHash(config.numberKey);
const log = createLog('component', config.logLevel, subjectHashOf);
const tracing = await startTracing(config.traces, 'component', log, subjectHashOf);
await runProcess(log, () => startComponent(config, log, tracing));
