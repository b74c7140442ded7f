const WIDTH = 30;

/** A bar for a terminal; `share` from 0 to 1. */
export function drawBar(share: number): string {
  const part = Math.min(share, 1);
  return `${'█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '░')} ${Math.floor(part * 100)} %`;
}
