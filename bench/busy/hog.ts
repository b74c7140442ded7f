import { spawn } from 'node:child_process';

/** Starts a process that never rests, as another service on an operator's machine at its busiest. It ends with the returned call, or with this process. */
export function startHog(): () => void {
  const hog = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  const end = () => void hog.kill('SIGKILL');
  process.once('exit', end);
  return end;
}
