// XEP-0004: Data Forms, version 2.13.1 (https://xmpp.org/extensions/xep-0004.html)
import { type Child, type Element, textElement, xml } from './xml.ts';

const DATA = 'jabber:x:data';

/** A line of a form. `value`: what stands in it already; `required` when it cannot be left out. */
export type FormField = { var: string; label: string; value?: string; required?: boolean };

/** A form to be filled in (section 3.1). `formType`: the protocol that its fields are of (XEP-0068). */
export function formElement(
  formType: string,
  title: string,
  instructions: string,
  fields: readonly FormField[],
): Element {
  return xml(
    'x',
    { xmlns: DATA, type: 'form' },
    textElement('title', title),
    textElement('instructions', instructions),
    hiddenField('FORM_TYPE', formType),
    fields.map(({ var: name, label, value, required }) =>
      xml(
        'field',
        { type: 'text-single', var: name, label },
        required ? xml('required') : undefined,
        textElement('value', value),
      ),
    ),
  );
}

/** A table of results (section 3.4); `columns`: var → label. */
export function resultElement(
  formType: string,
  columns: Readonly<Record<string, string>>,
  rows: readonly Readonly<Record<string, string>>[],
): Element {
  return xml(
    'x',
    { xmlns: DATA, type: 'result' },
    hiddenField('FORM_TYPE', formType),
    xml(
      'reported',
      {},
      Object.entries(columns).map(([name, label]) =>
        xml('field', { var: name, label, type: name === 'jid' ? 'jid-single' : 'text-single' }),
      ),
    ),
    rows.map((row) =>
      xml(
        'item',
        {},
        Object.entries(row).map(([name, value]) => xml('field', { var: name }, xml('value', {}, value))),
      ),
    ),
  );
}

/** The form that was sent back within `element`; undefined when there is none. */
export function submittedForm(element: Element): Element | undefined {
  const form = element.getChild('x', DATA);
  return form?.attrs.type === 'submit' ? form : undefined;
}

/** What stands in a field of a form, the first value of several; undefined when it was left empty. */
export function fieldValue(form: Element, name: string): string | undefined {
  const field = form.getChildren('field').find(({ attrs }) => attrs.var === name);
  return field?.getChildText('value')?.trim() || undefined;
}

function hiddenField(name: string, value: string): Child {
  return xml('field', { type: 'hidden', var: name }, xml('value', {}, value));
}
