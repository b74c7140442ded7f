import { DATA_FORM, readSubmitted, type Submitted } from '../stream/data-form.ts';
import type { Element } from '../stream/xml.ts';

/** The form that was sent back within a query; undefined when there is none. */
export function submittedForm(query: Element): Submitted | undefined {
  const form = query.getChild('x', DATA_FORM);
  const submitted = form && readSubmitted(form);
  return submitted === 'cancel' ? undefined : submitted;
}

/** What stands in a field, the first value of several; undefined when it was left empty. */
export function answerTo(form: Submitted, name: string): string | undefined {
  return form.get(name)?.[0]?.trim() || undefined;
}
