/**
 * In a suite: what is started before its first hook, and stopped after its last one. It is named at
 * once, and there from the first hook on.
 */
export function useRunning<Thing extends { stop(): Promise<void> }>(start: () => Promise<Thing>): Thing {
  let running: Thing | undefined;
  before(async function () {
    running = await start();
    // Not below: Mocha runs such hooks in the order in which they came, and others may still need it.
    this.test?.parent?.afterAll(() => running?.stop());
  });
  return new Proxy({} as Thing, {
    get(_nothing, name) {
      if (!running) throw new Error('It runs from the first hook on.');
      return Reflect.get(running, name);
    },
  });
}
