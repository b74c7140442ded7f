// @xmpp/component 0.13 has no types of its own; these are the parts that Earshot uses.
declare module '@xmpp/component' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  export class Element {
    name: string;
    attrs: Record<string, string | undefined>;
    children: (Element | string)[];
    is(name: string, xmlns?: string): boolean;
    getNS(): string | undefined;
    getChild(name: string, xmlns?: string): Element | undefined;
    getChildren(name: string, xmlns?: string): Element[];
    getChildElements(): Element[];
    getChildText(name: string, xmlns?: string): string | null;
    getText(): string;
    append(...nodes: (Element | string)[]): void;
    toString(): string;
  }

  export type Child = Element | string | undefined;
  export function xml(
    name: string,
    attrs?: Record<string, string | undefined>,
    ...children: (Child | Child[])[]
  ): Element;

  export type IqContext = { stanza: Element; element: Element };
  export type IqHandler = (context: IqContext) => Element | true | undefined | Promise<Element | true | undefined>;

  export interface Component extends EventEmitter {
    status: string;
    /** Null while there is no stream. */
    jid: object | null;
    socket: Socket | null;
    options: { service: string; domain: string };
    reconnect: { stop(): void };
    iqCallee: {
      get(xmlns: string, name: string, handler: IqHandler): void;
      set(xmlns: string, name: string, handler: IqHandler): void;
    };
    connect(service: string): Promise<unknown>;
    open(to: { domain: string }): Promise<unknown>;
    stop(): Promise<unknown>;
    send(element: Element): Promise<void>;
    write(text: string): Promise<void>;
    /** Milliseconds for each step of a stream's beginning and end. */
    timeout: number;
    /** Null before a stream and after its end. */
    parser: object | null;
    _onData(data: string): void;
    _onElement(element: Element): void;
    _onParserError(error: Error): void;
  }

  export function component(options: { service: string; domain: string; password: string }): Component;
}
