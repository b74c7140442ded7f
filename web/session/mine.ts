import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Call } from '../api/call.ts';

/** How the parts of the page call the API as whoever is signed in. */
export const CallContext = createContext<Call>(() => Promise.reject(new Error('Nobody is signed in.')));

/** See `CallContext`. */
export function useCall(): Call {
  return useContext(CallContext);
}
