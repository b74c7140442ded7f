/** What a private Kamailio is told at its start. */
export interface KamailioConfig {
  port: number;
  /** `mysql://user@localhost/name`; without it everything is in memory alone. */
  database?: string;
}

/**
 * The text of `kamailio.cfg`: a presence server (RFC 3856, RFC 3903) over TCP on the loopback interface, and nothing else.
 * Everybody may see everybody (`force_active`), as friends may here.
 */
export function kamailioConfig({ port, database }: KamailioConfig): string {
  const modules = [
    'tm',
    'sl',
    'pv',
    'textops',
    ...(database === undefined ? [] : ['db_mysql']),
    'presence',
    'presence_xml',
  ];
  return `#!KAMAILIO
debug=0
log_stderror=yes
listen=tcp:127.0.0.1:${port}
tcp_children=4
tcp_max_connections=1024
tcp_connection_lifetime=3600
# One socket carries what all publishers send.
tcp_rd_buf_size=65536
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("presence", "server_address", "sip:presence@127.0.0.1:${port};transport=tcp")
modparam("presence", "min_expires", 60)
modparam("presence", "max_expires", 7200)
modparam("presence", "send_fast_notify", 1)
modparam("presence_xml", "force_active", 1)
modparam("presence_xml", "disable_winfo", 1)
modparam("presence_xml", "disable_bla", 1)
${storage(database)}
request_route {
  if (is_method("PUBLISH")) {
    if (t_newtran()) handle_publish();
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
