/** Leading digits with the country code, before and after; `kept`: digits between the code and the change; `rest`: what follows. */
type Rule = { code?: string; kept?: string; from: string; to: string; rest: string };
/** A change of a national numbering plan that moved every number from one form to another. */
type Renumbering = { since: string; source: string; rules: readonly Rule[] };

/**
 * Countries whose numbers changed their form while people's books did not. Only changes that tell the new number from the old
 * one alone stand here. Not so: Korea's 01x (by operator and range), Manila's eighth digit, lines of Côte d'Ivoire's smaller
 * operators (by operator).
 */
export const RENUMBERINGS: readonly Renumbering[] = [
  {
    since: '2024-11-30',
    source: 'Benin, ARCEP: 01 before all numbers',
    rules: [{ code: '229', from: '', to: '01', rest: '\\d{8}' }],
  },
  {
    since: '2021-01-31',
    source: 'Côte d’Ivoire, ARTCI: 07, 05, 01 before mobiles, by the second digit; 27 before lines of CI Telecom',
    rules: [
      { code: '225', from: '', to: '07', rest: '[014-9][7-9]\\d{6}' },
      { code: '225', from: '', to: '05', rest: '[014-9][4-6]\\d{6}' },
      { code: '225', from: '', to: '01', rest: '[014-9][0-3]\\d{6}' },
      { code: '225', from: '', to: '27', rest: '[23]\\d[1-7]\\d{5}' },
    ],
  },
  {
    since: '2021-09-01',
    source: 'Colombia, CRC: 60 before the area code',
    rules: [{ code: '57', from: '', to: '60', rest: '[124-8][2-9]\\d{6}' }],
  },
  {
    since: '2019-11-15',
    source: 'Gabon, ARCEP: 0x becomes 06x for Libertis and Moov, 07x for Airtel, 011 for lines; abroad without the 0',
    rules: ['', '0'].flatMap((zero) => [
      { code: '241', from: `${zero}`, to: '6', rest: '[256]\\d{6}' },
      { code: '241', from: `${zero}`, to: '7', rest: '[47]\\d{6}' },
      { code: '241', from: `${zero}`, to: '1', rest: '1\\d{6}' },
    ]),
  },
  {
    since: '2019-08-03',
    source: 'Mexico, IFT: no 1 before mobiles',
    rules: [{ code: '52', from: '1', to: '', rest: '\\d{10}' }],
  },
  {
    since: '2018-09-15',
    source: 'Vietnam, MIC decision 798/2018: mobiles of eleven digits get ten',
    rules: (
      [
        ['162', '32', '163', '33', '164', '34', '165', '35', '166', '36', '167', '37', '168', '38', '169', '39'],
        ['120', '70', '121', '79', '122', '77', '126', '76', '128', '78'],
        ['123', '83', '124', '84', '125', '85', '127', '81', '129', '82', '186', '56', '188', '58', '199', '59'],
      ] as const
    ).flatMap((operator) => pairsOf(operator).map(([from, to]) => ({ code: '84', from, to, rest: '\\d{7}' }))),
  },
  {
    since: '2016-12-15',
    source: 'Kosovo, ITU: +383 for mobiles that had a code of Monaco or Slovenia',
    rules: [
      { from: '37744', to: '38344', rest: '\\d{6}' },
      { from: '37745', to: '38345', rest: '\\d{6}' },
      { from: '38643', to: '38343', rest: '\\d{6}' },
      { from: '38649', to: '38349', rest: '\\d{6}' },
    ],
  },
  {
    since: '2016-11-06',
    source: 'Brazil, ANATEL resolution 553: 9 before mobiles, region by region from 2012 on',
    rules: [{ code: '55', kept: '\\d\\d', from: '', to: '9', rest: '[6-9]\\d{7}' }],
  },
  {
    since: '2016-05-07',
    source: 'Chile, SUBTEL: 9 before mobiles; not where the digits were an area code',
    rules: [{ code: '56', from: '', to: '9', rest: '(?:[89]\\d|7[046-9]|6[0269])\\d{6}' }],
  },
  {
    since: '2014-11-21',
    source: 'Cameroon, ART: 6 before mobiles, 2 before lines',
    rules: [
      { code: '237', from: '', to: '6', rest: '[5-9]\\d{7}' },
      { code: '237', from: '', to: '2', rest: '[23]\\d{7}' },
    ],
  },
  {
    since: '2013-09-01',
    source: 'Mauritius, ICTA: 5 before mobiles',
    rules: [{ code: '230', from: '', to: '5', rest: '[79]\\d{6}' }],
  },
  {
    since: '2012-09-30',
    source: 'Ecuador, CONATEL: 9 before mobiles',
    rules: [{ code: '593', from: '', to: '9', rest: '[89]\\d{7}' }],
  },
  {
    since: '2011-10-06',
    source: 'Egypt, NTRA: a digit for the operator after 01',
    rules: pairsOf([
      '10',
      '100',
      '16',
      '106',
      '19',
      '109',
      '11',
      '111',
      '14',
      '114',
      '12',
      '122',
      '17',
      '127',
      '18',
      '128',
    ] as const).map(([from, to]) => ({ code: '20', from, to, rest: '\\d{7}' })),
  },
  {
    since: '2011-06-20',
    source: 'Georgia, GNCC: 5 before mobiles',
    rules: [{ code: '995', from: '', to: '5', rest: '(?:5[1578]|68|7[0147]|9[0-9])\\d{6}' }],
  },
  {
    since: '2010-07-28',
    source: 'Qatar, ictQATAR: the first digit doubled',
    rules: ['3', '4', '5', '6', '7'].map((digit) => ({ code: '974', from: '', to: digit, rest: `${digit}\\d{6}` })),
  },
  {
    since: '2009-03-07',
    source: 'Morocco, ANRT: 6 before mobiles, 5 before lines',
    rules: [
      { code: '212', from: '', to: '6', rest: '[14-7]\\d{7}' },
      { code: '212', from: '', to: '5', rest: '[23]\\d{7}' },
    ],
  },
  {
    since: '1999-01-01',
    source: 'Argentina: 9 before mobiles when called from abroad; both forms are valid, and one phone',
    rules: [{ code: '54', from: '', to: '9', rest: '\\d{10}' }],
  },
];

type Way = { pattern: RegExp; replacement: string };
const TO_PRESENT = new Map<string, Way[]>();
const TO_FORMER = new Map<string, Way[]>();
for (const { code = '', kept = '', from, to, rest } of RENUMBERINGS.flatMap(({ rules }) => rules)) {
  put(TO_PRESENT, code + from, wayOf(code, kept, from, to, rest));
  put(TO_FORMER, code + to, wayOf(code, kept, to, from, rest));
}

/** The form that a number in a former one has now; undefined when it is in none. Whether that is a valid number is not checked. */
export function presentForm(e164: string): string | undefined {
  return follow(TO_PRESENT, e164)[0];
}

/** The form that the number has after every change. */
export function latestForm(e164: string): string {
  const next = presentForm(e164);
  return next === undefined ? e164 : latestForm(next);
}

/** All forms of one phone, the given one first. */
export function formsOf(e164: string): string[] {
  const forms = new Set([e164]);
  for (const form of forms)
    for (const other of [...follow(TO_PRESENT, form), ...follow(TO_FORMER, form)]) forms.add(other);
  return [...forms];
}

function follow(ways: ReadonlyMap<string, readonly Way[]>, e164: string): string[] {
  const near = ways.get(e164.slice(1, 3)) ?? [];
  return near.flatMap(({ pattern, replacement }) => (pattern.test(e164) ? [e164.replace(pattern, replacement)] : []));
}

function wayOf(code: string, kept: string, from: string, to: string, rest: string): Way {
  return { pattern: new RegExp(`^\\+${code}(${kept})${from}(${rest})$`), replacement: `+${code}$1${to}$2` };
}

/** By two digits, which all country codes but +1 and +7 have at least. */
function put(ways: Map<string, Way[]>, lead: string, way: Way): void {
  const key = lead.slice(0, 2);
  ways.set(key, [...(ways.get(key) ?? []), way]);
}

function pairsOf(list: readonly string[]): [string, string][] {
  return list.flatMap((from, at) => (at % 2 === 0 ? [[from, list[at + 1] ?? ''] as [string, string]] : []));
}
