import { config } from 'chai';
import fc from 'fast-check';
import { SEED } from './random.ts';

// Mocha's parallel mode drops the cause of an error, and with it why a property failed: so the message says it.
fc.configureGlobal({ includeErrorInReport: true, seed: SEED });
// What was found is more than forty characters long.
config.truncateThreshold = 4_000;
