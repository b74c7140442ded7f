import type { ComponentChildren } from 'preact';
import { NowContext, useTicking } from '../piece/clock.ts';

/** Tells what is inside how late it is; only what asks is drawn anew. */
export function Ticking({ children }: { children: ComponentChildren }) {
  return <NowContext.Provider value={useTicking()}>{children}</NowContext.Provider>;
}
