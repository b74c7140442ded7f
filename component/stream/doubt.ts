import type { Component } from '@xmpp/component';
import { Fault } from '../../domain/fault.ts';

/**
 * Has all that is read and written wait while it is in doubt whether this process still speaks for the domain. What waited
 * is passed over, and not sent, if another does by now. Returns what does the same for other ways of telling the server.
 * `stillActive`: undefined while there is no doubt.
 */
export function heedDoubt(entity: Component, stillActive: () => Promise<boolean> | undefined): () => Promise<void> {
  const { _onElement: take, write } = entity;

  async function certain(): Promise<void> {
    if ((await stillActive()) === false)
      throw new Fault('UNAVAILABLE', 'Another component speaks for the domain by now.');
  }

  entity._onElement = (element) => {
    const doubt = stillActive();
    if (!doubt) return take.call(entity, element);
    const { parser } = entity;
    const heed = () => {
      if (entity.parser === parser) take.call(entity, element);
    };
    doubt.then((active) => active && heed()).catch((err: Error) => parser && entity._onParserError(err));
  };
  entity.write = (text) => (stillActive() ? certain().then(() => write.call(entity, text)) : write.call(entity, text));
  return certain;
}
