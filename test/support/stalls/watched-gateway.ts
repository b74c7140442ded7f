import { serveLoopWatch } from './loop-watch.ts';

// The gateway as it is, with somebody who watches its event loop from within (`stalls.ts`).
serveLoopWatch(Number(process.env.WATCH_PORT));
await import(String(process.env.WATCHED_MAIN));
