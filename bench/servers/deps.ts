export type ServersDeps = { folder: string; signal: AbortSignal; say(line: string): void };
