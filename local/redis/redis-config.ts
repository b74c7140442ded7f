/** What a private Redis is told at its start. */
export interface RedisConfig {
  folder: string;
  port: number;
  password: string;
  /** Further lines. */
  further?: readonly string[];
}

/** The text of `redis.conf`. */
export function redisConfig({ folder, port, password, further = [] }: RedisConfig): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    `dir ${quote(folder)}`,
    'pidfile redis.pid',
    'daemonize no',
    'databases 1',
    'save ""',
    'appendonly yes',
    // Before an address book is answered with 202 it must be on the disk.
    'appendfsync always',
    'no-appendfsync-on-rewrite no',
    // Queues and wanted state are no cache: when memory is short, a write must fail rather than a key vanish.
    'maxmemory-policy noeviction',
    // Labels longer than 64 bytes shall not unpack the hash that they are in.
    'hash-max-ziplist-value 512',
    'always-show-logo no',
    ...further,
  ];
  return `${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
