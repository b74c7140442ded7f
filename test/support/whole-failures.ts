import fc from 'fast-check';

// Mocha's parallel mode drops the cause of an error, and with it why a property failed: so the message says it.
fc.configureGlobal({ includeErrorInReport: true });
