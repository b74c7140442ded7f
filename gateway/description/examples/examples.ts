import { CarrierStreamEvent } from './events.ts';
import { ofExport } from './export.ts';
import { ofOperations } from './operations.ts';
import { ofPlaying } from './playing.ts';
import { ofSubscribers } from './subscribers.ts';
import { ofSubscriptions } from './subscriptions.ts';

/** An example of each shape that is sent or answered, by its name; of a file by its media type. A test fits each to its schema. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  ...ofSubscribers,
  ...ofPlaying,
  ...ofSubscriptions,
  CarrierStreamEvent,
  ...ofOperations,
  ...ofExport,
};
