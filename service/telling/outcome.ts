/**
 * How it ended with an event. `taken`: whoever it was for has it; `gone`: it wants nothing more; `refused`: it wants nothing of this event;
 * `failed`: anything else that was answered; `unreachable`: no answer in time, or nobody there.
 */
export type Outcome = 'taken' | 'gone' | 'refused' | 'failed' | 'unreachable';
