import type { Reader } from './env-reader.ts';

/** The friends page. `searchUrl`: a template with `{title}` and perhaps `{artist}`; undefined: no piece can be looked up. */
export type PageConfig = { on: boolean; name: string; searchUrl: string | undefined };

/** EARSHOT_PAGE…, and EARSHOT_SEARCH_URL. */
export function pageConfig(read: Reader): PageConfig {
  return {
    on: read.oneOf('EARSHOT_PAGE', ['on', 'off'], 'on') === 'on',
    name: read.matching('EARSHOT_PAGE_NAME', /^[^\p{Cc}]{1,64}$/u, '1 to 64 characters', 'Earshot'),
    searchUrl: searchUrl(read),
  };
}

function searchUrl(read: Reader): string | undefined {
  const template = read.given('EARSHOT_SEARCH_URL');
  if (template !== undefined && !isSearchTemplate(template))
    read.faults.push(
      'EARSHOT_SEARCH_URL must be an https:// or http:// address that holds {title}, and perhaps {artist}, behind the host.',
    );
  return template;
}

/** Whether the texts that are filled in can decide nothing but what is looked up there. */
function isSearchTemplate(template: string): boolean {
  const [one, other] = ['a', 'b'].map((text) => template.replaceAll(/\{(?:title|artist)\}/g, text));
  if (!template.includes('{title}') || !URL.canParse(one ?? '') || !URL.canParse(other ?? '')) return false;
  const [url, another] = [new URL(one ?? ''), new URL(other ?? '')];
  return (
    /^https?:$/.test(url.protocol) && url.username === '' && url.origin === another.origin && !/[{}]/.test(one ?? '')
  );
}
