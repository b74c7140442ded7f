import { useEffect, useState } from 'preact/hooks';

/** What the page shows of somebody: `#/book` is the address of the view `book`. */
export type View = 'friends' | 'book' | 'devices';

/** The views, and the names of their titles. */
export const VIEWS = { friends: 'friends', book: 'addressBook', devices: 'devices' } as const;

/** The view that the address asks for, and the name of its title. */
export function useView(): [View, (typeof VIEWS)[View]] {
  const [view, setView] = useState(viewOfAddress);
  useEffect(() => {
    const follow = () => setView(viewOfAddress());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return [view, VIEWS[view]];
}

function viewOfAddress(): View {
  const name = location.hash.slice(2);
  return name === 'book' || name === 'devices' ? name : 'friends';
}
