import { randomUUID } from 'node:crypto';
import { type Client, xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { eventually } from '../eventually.ts';

const COMMANDS = 'http://jabber.org/protocol/commands';
const DATA_FORM = 'jabber:x:data';
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** What a command answered, taken apart. */
export type CommandAnswer = {
  status: string;
  sessionid: string;
  /** The default one, and those that are offered. */
  execute: string | undefined;
  actions: string[];
  notes: { type: string; text: string }[];
  /** `form` or `result`; undefined when there is none. */
  form: string | undefined;
  title: string;
  instructions: string;
  fields: Record<string, { type: string; label: string; values: string[]; options: Record<string, string> }>;
  /** By the columns reported. */
  rows: Record<string, string>[];
  lang: string | undefined;
};

export type Commander = ReturnType<typeof createCommander>;

/** A client's way to ad-hoc commands (XEP-0050) and to service discovery. */
export function createCommander(xmpp: Client, service = 'tune.op.example') {
  /** The child of the answer. An error rejects with its conditions, such as `bad-request bad-sessionid`. */
  async function ask(type: 'get' | 'set', child: Element, lang?: string): Promise<Element | undefined> {
    const id = randomUUID();
    const answered = new Promise<Element>((resolve) => {
      xmpp.on('stanza', function listen(stanza: Element) {
        if (stanza.name !== 'iq' || stanza.attrs.id !== id) return;
        xmpp.removeListener('stanza', listen);
        resolve(stanza);
      });
    });
    await xmpp.send(xml('iq', { type, to: service, id, ...(lang ? { 'xml:lang': lang } : {}) }, child));
    const answer = await answered;
    if (answer.attrs.type === 'error') throw new Error(conditionsOf(answer));
    return answer.getChildElements()[0];
  }

  async function command(attrs: Record<string, string>, form?: Element, lang?: string): Promise<CommandAnswer> {
    const answer = await ask('set', xml('command', { xmlns: COMMANDS, ...attrs }, ...(form ? [form] : [])), lang);
    if (!answer) throw new Error('no command in the answer');
    return toAnswer(answer);
  }

  return {
    ask,
    command,
    start: (name: string, lang?: string) => command({ node: `earshot#${name}`, action: 'execute' }, undefined, lang),
    /** Submits fields; `action` none: as the client's default button does. */
    submit: (
      name: string,
      { sessionid }: CommandAnswer,
      fields: Record<string, string | string[]>,
      action?: string,
      lang?: string,
    ) => command({ node: `earshot#${name}`, sessionid, ...(action ? { action } : {}) }, submitForm(fields), lang),
    /** The commands that are listed: node to name. */
    async list(lang?: string): Promise<Record<string, string>> {
      const query = xml('query', { xmlns: 'http://jabber.org/protocol/disco#items', node: COMMANDS });
      const items = (await ask('get', query, lang))?.getChildren('item') ?? [];
      return Object.fromEntries(items.map(({ attrs }: Element) => [attrs.node, attrs.name]));
    },
    async info(node?: string): Promise<{ identities: string[]; features: string[] }> {
      const attrs = { xmlns: 'http://jabber.org/protocol/disco#info', ...(node ? { node } : {}) };
      const query = await ask('get', xml('query', attrs));
      return {
        identities: (query?.getChildren('identity') ?? []).map(
          ({ attrs: { category, type } }: Element) => `${category}/${type}`,
        ),
        features: (query?.getChildren('feature') ?? []).map(({ attrs }: Element) => attrs.var ?? ''),
      };
    },
  };
}

/** Somebody who chats with the service: every message of it is kept. */
export function createChatter(xmpp: Client, service = 'tune.op.example') {
  const heard: Element[] = [];
  xmpp.on('stanza', (stanza: Element) => {
    if (stanza.name === 'message' && stanza.attrs.from === service) heard.push(stanza);
  });
  return {
    heard,
    /** Writes, and waits for what is answered. */
    async asks(text: string, more: Record<string, string> = {}, ...children: Element[]): Promise<string> {
      const before = heard.length;
      await xmpp.send(xml('message', { to: service, type: 'chat', ...more }, xml('body', {}, text), ...children));
      return eventually(() => {
        if (heard.length === before) throw new Error(`no answer to ${text}`);
        return heard[before]?.getChildText('body') ?? '';
      });
    },
  };
}

export function submitForm(fields: Record<string, string | string[]>, type = 'submit'): Element {
  return xml(
    'x',
    { xmlns: DATA_FORM, type },
    ...Object.entries(fields).map(([name, value]) =>
      xml('field', { var: name }, ...[value].flat().map((one) => xml('value', {}, one))),
    ),
  );
}

function conditionsOf(answer: Element): string {
  const error = answer.getChild('error');
  const [condition, ...more] = (error?.getChildElements() ?? []).filter(({ name }) => name !== 'text');
  const inner = more.filter((one) => one.getNS() === COMMANDS).map(({ name }) => name);
  return [condition?.getNS() === STANZAS ? condition.name : '?', ...inner].join(' ');
}

function toAnswer(command: Element): CommandAnswer {
  const form = command.getChild('x', DATA_FORM);
  const actions = command.getChild('actions');
  const fields = (form?.getChildren('field') ?? []).map((field: Element) => [
    field.attrs.var,
    {
      type: field.attrs.type,
      label: field.attrs.label,
      values: valuesOf(field),
      options: Object.fromEntries(
        field.getChildren('option').map((option) => [valuesOf(option)[0], option.attrs.label ?? '']),
      ),
    },
  ]);
  const rows = (form?.getChildren('item') ?? []).map((item: Element) =>
    Object.fromEntries(item.getChildren('field').map((field) => [field.attrs.var, valuesOf(field)[0] ?? ''])),
  );
  return {
    status: command.attrs.status ?? '',
    sessionid: command.attrs.sessionid ?? '',
    execute: actions?.attrs.execute,
    actions: (actions?.getChildElements() ?? []).map(({ name }: Element) => name),
    notes: command.getChildren('note').map((note) => ({ type: note.attrs.type ?? 'info', text: note.getText() })),
    form: form?.attrs.type,
    title: form?.getChildText('title') ?? '',
    instructions: form?.getChildText('instructions') ?? '',
    fields: Object.fromEntries(fields),
    rows,
    lang: command.attrs['xml:lang'],
  };
}

function valuesOf(element: Element): string[] {
  return element.getChildren('value').map((value) => value.getText());
}
