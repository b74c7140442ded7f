/** What a private Kamailio is told at its start. */
export interface KamailioConfig {
  port: number;
  /** `mysql://user@localhost/name`; without it everything is in memory alone. */
  database?: string;
  /** Over TLS, with this certificate and its key (files). */
  tls?: { cert: string; key: string };
  /** Who may publish; everybody where it is left out. */
  login?: { user: string; password: string; algorithm?: 'MD5' | 'SHA-256' };
  /** Seconds for which a publication lasts at least and at most; default 60 and 7,200. */
  expires?: { least: number; most: number };
  /** Users whom the server does not know, and those of whom it takes nothing; a regular expression of Kamailio's each. */
  unknown?: string;
  forbidden?: string;
}

/**
 * The text of `kamailio.cfg`: a presence server (RFC 3856, RFC 3903) over TCP on the loopback interface, and nothing else.
 * Everybody may see everybody (`force_active`), as friends may here.
 */
export function kamailioConfig({ port, database, tls, login, expires, unknown, forbidden }: KamailioConfig): string {
  const modules = [
    'tm',
    'sl',
    'pv',
    'textops',
    ...(login ? ['auth'] : []),
    ...(tls ? ['tls'] : []),
    ...(database === undefined ? [] : ['db_mysql']),
    'presence',
    'presence_xml',
  ];
  const transport = tls ? 'tls' : 'tcp';
  const { least, most } = expires ?? { least: 60, most: 7_200 };
  return `#!KAMAILIO
debug=0
log_stderror=yes
listen=${transport}:127.0.0.1:${port}
${tls ? 'enable_tls=yes\n' : ''}tcp_children=4
tcp_max_connections=1024
tcp_connection_lifetime=3600
# One socket carries what all publishers send.
tcp_rd_buf_size=65536
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("presence", "server_address", "sip:presence@127.0.0.1:${port};transport=${transport}")
modparam("presence", "min_expires", ${least})
modparam("presence", "max_expires", ${most})
modparam("presence", "send_fast_notify", 1)
modparam("presence_xml", "force_active", 1)
modparam("presence_xml", "disable_winfo", 1)
modparam("presence_xml", "disable_bla", 1)
${login ? counting(login) : ''}${storage(database)}${tls ? encryption(tls) : ''}
request_route {
  if (is_method("PUBLISH")) {
${login ? ask(login) : ''}${refuse(unknown, '404', 'Not Found')}${refuse(forbidden, '403', 'Forbidden')}    if (t_newtran()) handle_publish();
    exit;
  }
  if (is_method("SUBSCRIBE")) {
    if (t_newtran()) handle_subscribe();
    exit;
  }
  sl_send_reply("405", "Method Not Allowed");
}
`;
}

/** By itself it speaks TLS 1.0, which Node.js does not. */
function encryption({ cert, key }: { cert: string; key: string }): string {
  return `modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${cert}")
modparam("tls", "private_key", "${key}")
`;
}

/** Each use of a nonce is counted (`nc`), so that none can be used twice. */
function counting({ algorithm = 'MD5' }: { algorithm?: string }): string {
  return `modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
${algorithm === 'MD5' ? '' : `modparam("auth", "algorithm", "${algorithm}")\n`}`;
}

/** RFC 7616 in RFC 3261, section 22: the carrier's own realm, one user. */
function ask({ user, password }: { user: string; password: string }): string {
  return `    if ($au != "${user}" || !pv_www_authenticate("op.example", "${password}", "0")) {
      www_challenge("op.example", "1");
      exit;
    }
`;
}

function refuse(users: string | undefined, status: string, words: string): string {
  if (users === undefined) return '';
  return `    if ($rU =~ "${users}") {
      sl_send_reply("${status}", "${words}");
      exit;
    }
`;
}

/**
 * In memory alone; or each PUBLISH written to the database before it is answered, and read from there for those who watch. Subscriptions
 * follow from time to time: one write for each NOTIFY would be several for each PUBLISH, and who watches subscribes again anyway.
 */
function storage(database: string | undefined): string {
  if (database === undefined)
    return `modparam("presence", "subs_db_mode", 0)
modparam("presence", "publ_cache", 2)
`;
  return `modparam("presence|presence_xml", "db_url", "${database}")
modparam("presence", "db_table_lock_type", 0)
modparam("presence", "subs_db_mode", 2)
modparam("presence", "publ_cache", 0)
`;
}
