/** What a column holds; `unused`: it is known, and of no use here. */
export type Role =
  | 'name'
  | 'given'
  | 'middle'
  | 'family'
  | 'nickname'
  | 'organisation'
  | 'email'
  | 'phone'
  | 'groups'
  | 'unused';

/**
 * The words by which programs name the columns of people: Google, Yahoo, Outlook, Windows Live Mail, Thunderbird and exporters of Apple's
 * contacts, in the languages in which they do; without numbers and in small letters.
 */
const WORDS: Partial<Record<Role, string>> = {
  name: [
    'name|full name|display name|displayname|contact name|anzeigename|vollständiger name|vis navn|nombre mostrado|nombre completo|nom complet',
    'nom à afficher|nome visualizzato|nome completo|weergavenaam|volledige naam|naam|wyświetlana nazwa|apresentar como|отображаемое имя|полное имя|фио',
    'kortnamn|fullständigt namn|tam adı|prikazano ime|姓名|全名|显示名称|顯示名稱|名称|表示名|氏名|표시명|प्रदर्शन नाम',
  ].join('|'),
  given: [
    'first name|given name|firstname|first|given|vorname|fornavn|nombre|prénom|nome|voornaam|imię|primeiro nome|имя|förnamn|ilk adı|ad|adı',
    'keresztnév|křestní jméno|jméno|prenume|etunimi|όνομα|名|名字|이름|이름(성 제외)|पहला नाम|प्रथम नाम|الاسم الأول|ชื่อ|tên',
  ].join('|'),
  middle: [
    'middle name|middlename|additional name|middle|weitere vornamen|zweiter vorname|. vorname|mellemnavn|segundo nombre|deuxième prénom',
    'secondo nome|middelste naam|tussenvoegsel|drugie imię|segundo nome|nome do meio|отчество|mellannamn|ikinci adı|ikinci ad|中间名|中間名',
    'ミドル|ミドル ネーム|중간 이름|मध्य नाम|الاسم الأوسط',
  ].join('|'),
  family: [
    'last name|family name|lastname|surname|last|nachname|familienname|efternavn|apellidos|apellido|nom de famille|nom|cognome|achternaam|nazwisko',
    'sobrenome|apelido de família|фамилия|efternamn|soyadı|soyad|vezetéknév|příjmení|nume|sukunimi|επώνυμο|姓|姓氏|성|अंतिम नाम|اسم العائلة|นามสกุล|họ',
  ].join('|'),
  nickname: [
    'nickname|file as|spitzname|speichern unter|kaldenavn|alias|apodo|surnom|pseudo|soprannome|bijnaam|pseudonim|przydomek|apelido|псевдоним',
    'smeknamn|rumuz|takma ad|昵称|呢称|暱稱|別名|綽號|绰号|ニックネーム|애칭|별명|उपनाम|निकनेम|الاسم المستعار',
  ].join('|'),
  organisation: [
    'company|organization|organization name|organization - name|organisation|firma|firma/organizacja|organización|compañía|empresa|société|entreprise',
    'organizzazione|società|azienda|organisatie|bedrijf|организация|компания|företag|şirket|单位|公司|公司名称|公司名稱|组织|組織|会社名|회사명|회사|संगठन|कंपनी|الشركة',
  ].join('|'),
  email: [
    'e-mail address|email address|emailaddress|email|e-mail|e-mail - value|primary email|e-mail-adresse|primäre e-mail-adresse|primær mail',
    'dirección de correo electrónico|dirección de correo electrónico principal|correo electrónico|adresse électronique principale|adresse de messagerie',
    'e-mail primaria|indirizzo posta elettronica|indirizzo di posta elettronica|eerste e-mail|e-mailadres|podstawowy e-mail|adres e-mail|email primário',
    'endereço de email|адрес электронной почты|адрес эл. почты|e-postadress|elektronik posta adresi|e-posta adresi|电子邮件地址|電子郵件地址|电子邮件|電子郵件',
    '主要电子邮件|主要 email|メールアドレス|電子メール アドレス|기본 메일|메일 주소|प्राथमिक मेल|ई-मेल एड्रेस|عنوان البريد الإلكتروني',
  ].join('|'),
  phone: [
    'iphone|main|callback|isdn|rnis|portable|rückmeldung|rückruf|tilbagekald|rappel|devolución de llamada|richiamata automatica|terugbellen',
    'wywołanie zwrotne|retorno de chamada|обратный вызов|motringning|geri arama|コールバック|tty/tdd|numéro de mobile|número de teletipo|abitazione|ufficio|arbete|hem',
  ].join('|'),
  // a company's switchboard is nobody's number
  unused: [
    'company main phone|companymainphone|telefon firma|primær telefon (firma)|téléphone société|telefono principale società|hoofdtelefoon bedrijf',
    'główny telefon do firmy|telefone principal da empresa|основной телефон организации|şirket santral telefonu|会社代表電話|número de centralita de la organización|företag, växel',
  ].join('|'),
  groups: [
    'labels|group membership|categories|category|groups|group|kategorien|gruppen|kategorier|grupper|categorías|grupos|catégories|groupes|categorie|gruppi',
    'categorieën|groepen|kategorie|grupy|categorias|категории|группы|kategoriler|gruplar|类别|類別|分组|群組|分類|グループ|그룹',
  ].join('|'),
};

const ROLES: ReadonlyMap<string, Role> = new Map(
  Object.entries(WORDS).flatMap(([role, words]) => words.split('|').map((word) => [plain(word), role as Role])),
);

/** Parts of words for telephones, so that `Telefon służbowy 2`, `Phone : mobile` and `Tel. dienstl.` need no line each. */
const TELEPHONE = parts(
  'phone|telef|teléf|telép|téléph|teleph|{tel}|{tél}|{mobil|mobiel|{mob}|{cell}|cellul|celul|{cel}|cellphone|handy|{gsm}|komórk|pager|pieper|personsøg',
  'personsök|cercapers|buscapers|radiomess|fone|whatsapp|viber|puhelin|çağrı|телефон|телетайп|{тел}|{моб}|мобил|пейджер|сотов|κινητό|τηλέφ',
  '电话|電話|手机|手機|寻呼机|呼叫器|携帯|ポケットベル|전화|휴대폰|핸드폰|호출기|هاتف|جوال|موبايل|محمول|جهاز النداء|تلفن|موبایل|טלפון|נייד',
  'फ़ोन|फोन|मोबाइल|पेजर|โทรศัพท์|มือถือ|điện thoại|di động',
);
/** No telephones, or somebody else's: faxes, kinds and labels, the assistant. */
const NOT_THEIRS = parts(
  'fax|faks|факс|传真|傳真|팩스|ファックス|ファクス|فاكس|फैक्स|फ़ैक्स|télécopi|{telex}|télex|teleks|телекс|テレックス|telegram|phonetic|label|{type}|{typ}|{tipo}',
  'mail|carrier|provider|assist|asist|asyst|помощник|yardımcı|ассист|secret|sekret|секрет|助理|秘书|秘書|アシスタント|비서|{manager}|フリガナ|yomi',
);

/** What the column with this header holds; undefined for headers that no program is known to write. */
export function roleOf(header: string): Role | undefined {
  if (header.length > 100) return undefined;
  const word = plain(header);
  const role = ROLES.get(word);
  if (role !== undefined) return role;
  if (NOT_THEIRS.test(word)) return 'unused';
  return TELEPHONE.test(word) ? 'phone' : undefined;
}

function plain(header: string): string {
  return header
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('\u0307', '') // of a small İ
    .replace(/\s*\d+\b/g, '')
    .replace(/[\s_]+/g, ' ')
    .trim();
}

/** `{tel}` is a whole word, `telef` any part of one. */
function parts(...lists: string[]): RegExp {
  const edges: Record<string, string> = { '{': '(?<!\\p{L})', '}': '(?!\\p{L})' };
  return new RegExp(
    plain(lists.join('|')).replace(/[{}]/g, (edge) => edges[edge] ?? ''),
    'u',
  );
}
