import { MAX_COLUMNS } from './limits.ts';
import { splitRow } from './quotes.ts';

/** What a column holds. */
export type Role = 'name' | 'given' | 'middle' | 'family' | 'nickname' | 'organisation' | 'email' | 'phone' | 'groups';

/** What each column of a file holds, undefined for those of no use, and what stands between them. */
export type Columns = { delimiter: string; roles: (Role | undefined)[] };

const DELIMITERS = [',', ';', '\t'];

/** Headers without their numbers and in small letters: Google, Outlook (English, German, Chinese), Thunderbird, exporters of Apple's contacts. */
const HEADERS: Record<Role, string> = {
  name: 'name|full name|display name|contact name|anzeigename|vollständiger name|姓名|全名|显示名称|顯示名稱|名称',
  given: 'first name|given name|firstname|first|vorname|名|名字|given',
  middle: 'middle name|additional name|weitere vornamen|zweiter vorname|中间名|中間名|middle',
  family: 'last name|family name|lastname|surname|last|nachname|familienname|姓|姓氏',
  nickname: 'nickname|file as|spitzname|speichern unter|昵称|暱稱|綽號|绰号',
  organisation:
    'company|organization|organization name|organization - name|organisation|firma|单位|公司|公司名称|公司名稱',
  email:
    'e-mail address|email address|email|e-mail|e-mail - value|primary email|e-mail-adresse|电子邮件地址|電子郵件地址|电子邮件|電子郵件',
  phone: [
    'phone|phone - value|phone number|telephone|telephone number|tel|mobile|mobile phone|mobile number|cell|cell phone|cellphone|iphone|main',
    'home phone|business phone|work phone|car phone|other phone|primary phone|main phone|radio phone|tty/tdd phone|callback|pager|pager number',
    'telefon|telefonnummer|mobil|mobiltelefon|handy|mobilnummer|telefon privat|telefon geschäftlich|telefon (privat)|telefon (geschäftlich)',
    'autotelefon|weiteres telefon|haupttelefon|rückmeldung|rückruf|isdn|telefon für hörbehinderte|funktelefon|mobilfunkgerät',
    '电话|手机|手机号|手机号码|电话号码|移动电话|住宅电话|商务电话|主要电话|其他电话|车载电话|无线电话|回电话|寻呼机|tty/tdd 电话',
    '電話|手機|手機號碼|電話號碼|行動電話|住家電話|商務電話|主要電話|其他電話|汽車電話|無線電話|回撥電話|呼叫器|tty/tdd 電話',
  ].join('|'),
  groups: 'labels|group membership|categories|groups|group|kategorien|gruppen|类别|類別|分组|群組',
};
const ROLES: ReadonlyMap<string, Role> = new Map(
  Object.entries(HEADERS).flatMap(([role, headers]) => headers.split('|').map((header) => [header, role as Role])),
);
/** `Phone : mobile`, `Phone (home)`, `Tel. work` */
const LABELLED_PHONE = /^(?:phone|tel(?:ephone)?)\s*[.:([-](?!.*(?:label|type|fax))/;

/** Finds the columns and the delimiter in the line of headers; `delimiter` where the file says it. Undefined when no column is a telephone's. */
export function readColumns(header: string, delimiter?: string): Columns | undefined {
  const [best] = (delimiter === undefined ? DELIMITERS : [delimiter])
    .map((one) => ({ delimiter: one, roles: splitRow(header, one).slice(0, MAX_COLUMNS).map(roleOf) }))
    .sort((a, b) => known(b.roles) - known(a.roles));
  return best?.roles.includes('phone') ? best : undefined;
}

function known(roles: (Role | undefined)[]): number {
  return roles.filter(Boolean).length;
}

function roleOf(header: string): Role | undefined {
  if (header.length > 100) return undefined;
  const name = header
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s*\d+\b/g, '')
    .replace(/[\s_]+/g, ' ')
    .trim();
  return ROLES.get(name) ?? (LABELLED_PHONE.test(name) ? 'phone' : undefined);
}
