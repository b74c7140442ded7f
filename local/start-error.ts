/** Why a part of the local stack could not start. */
export type StartErrorCode =
  | 'ALREADY_RUNNING'
  | 'BAD_SETTING'
  | 'DATA_DIR'
  | 'DEMO'
  | 'DIED'
  | 'PORT_FORBIDDEN'
  | 'PORT_TAKEN'
  | 'PROGRAM_MISSING'
  | 'TIMEOUT';

/** An expected failure: the message tells the operator what to do next, and no stack trace is needed. */
export class StartError extends Error {
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StartError';
    this.code = code;
  }
}
