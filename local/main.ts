import { launch } from './launcher.ts';
import { readSettings } from './settings.ts';
import { StartError } from './start-error.ts';
import { stopSignal } from './stop-signals.ts';

// The kernel ends the children with us; see endWithParent.
const signal = stopSignal(() => process.exit(1));

try {
  await launch(readSettings(process.env, process.argv.slice(2)), signal, (text) => console.log(text));
  process.exit(0);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}
