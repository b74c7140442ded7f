import { Fault } from '../../domain/fault.ts';

/** Seconds after which somebody may ask a gateway again that is full. */
const FULL = 30;

/** A place that is held until `leave`, which may be called again. */
export type Place = { leave(): void };

export type Places = ReturnType<typeof createPlaces>;

/**
 * Places for so many streams. One is taken before anything is asked for a stream, or of many that come in one moment each would find that there
 * is still room.
 */
export function createPlaces(most: number) {
  const taken = new Set<Place>();

  return {
    /** @throws Fault UNAVAILABLE where there is none */
    take(): Place {
      if (taken.size >= most)
        throw new Fault('UNAVAILABLE', 'This gateway holds as many streams as it can; go on after Retry-After.', FULL);
      const place: Place = { leave: () => void taken.delete(place) };
      taken.add(place);
      return place;
    },
  };
}
