import xmpp, { type Element } from '@xmpp/component';
import { stripForbidden } from '../../domain/text.ts';

export type { Element };

/** What stands in an element: elements, texts, and nothing where an optional part is absent. */
export type Child = Element | string | undefined;

/**
 * Builds an element. All XML of Earshot is built here, with the one Element class that @xmpp/component knows, and no text
 * or attribute can carry what would close the stream.
 */
export function xml(
  name: string,
  attrs: Record<string, string | undefined> = {},
  ...children: (Child | Child[])[]
): Element {
  const clean: Record<string, string> = {};
  for (const key of Object.keys(attrs)) {
    const value = attrs[key];
    if (value !== undefined) clean[key] = stripForbidden(value);
  }
  return xmpp.xml(
    name,
    clean,
    ...children.flat().map((child) => (typeof child === 'string' ? stripForbidden(child) : child)),
  );
}

/** `<name>text</name>`, or nothing when there is no text. */
export function textElement(name: string, text: string | number | undefined): Element | undefined {
  return text === undefined ? undefined : xml(name, {}, `${text}`);
}

/** The texts of its children by their names: equal for equal contents, whatever a server did to their form. */
export function contentOf(element: Element | undefined): string {
  const children = (element?.getChildElements() ?? []).map((child) => [child.name, child.getText()]);
  return JSON.stringify(children.sort(([a = ''], [b = '']) => (a < b ? -1 : Number(a > b))));
}

/** All elements of that name and namespace, however deep. */
export function descendants(element: Element, name: string, xmlns: string): Element[] {
  return element
    .getChildElements()
    .flatMap((child) => [...(child.is(name, xmlns) ? [child] : []), ...descendants(child, name, xmlns)]);
}
