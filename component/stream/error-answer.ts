import type { IqContext, IqHandler } from '@xmpp/component';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import type { Log } from '../../runtime/log.ts';
import { type Element, xml } from './xml.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** RFC 6120, section 8.3.2: what can be done about it. */
export type ErrorType = 'auth' | 'cancel' | 'modify' | 'wait';

const FAULTS: Partial<Record<FaultCode, readonly [ErrorType, condition: string]>> = {
  INVALID_ARGUMENT: ['modify', 'not-acceptable'],
  UNAUTHENTICATED: ['auth', 'not-authorized'],
  PERMISSION_DENIED: ['auth', 'forbidden'],
  NOT_FOUND: ['cancel', 'item-not-found'],
  ALREADY_EXISTS: ['cancel', 'conflict'],
  CONFLICT: ['wait', 'resource-constraint'],
  FAILED_PRECONDITION: ['modify', 'unexpected-request'],
  TOO_MANY_REQUESTS: ['wait', 'policy-violation'],
  UNAVAILABLE: ['wait', 'resource-constraint'],
};

/** A stanza error (RFC 6120, section 8.3), to be returned from a handler. `text`: in English, for the user. */
export function errorAnswer(type: ErrorType, condition: string, text?: string): Element {
  const words = text === undefined ? undefined : xml('text', { xmlns: STANZAS, 'xml:lang': 'en' }, text);
  return xml('error', { type }, xml(condition, { xmlns: STANZAS }), words);
}

/** Thrown by a handler that has nothing to answer but this error. */
export class Refusal extends Error {
  readonly element: Element;

  constructor(type: ErrorType, condition: string, text?: string) {
    super(condition);
    this.name = 'Refusal';
    this.element = errorAnswer(type, condition, text);
  }
}

/** The error that an expected failure is answered with. */
export function faultAnswer(fault: Fault): Element {
  const [type, condition] = FAULTS[fault.code] ?? ['cancel', 'internal-server-error'];
  return errorAnswer(type, condition, fault.message);
}

/**
 * Wraps a handler. Refusal and Fault are answered as the stanza errors that they stand for; any
 * other error is logged and answered with `internal-server-error`.
 */
export function answering(log: Log, handler: (iq: IqContext) => ReturnType<IqHandler>): IqHandler {
  return async (iq) => {
    try {
      return await handler(iq);
    } catch (err) {
      if (err instanceof Refusal) return err.element;
      if (err instanceof Fault) return faultAnswer(err);
      log.error({ err, element: iq.element.getNS() }, 'a request is not answered');
      return errorAnswer('wait', 'internal-server-error');
    }
  };
}
