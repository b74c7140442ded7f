import type { Reader } from '../../../runtime/config/env-reader.ts';

/** The HTTP API of ejabberd (mod_http_api). `credential`: undefined where it asks for none, as it knows the component by its address. */
export type EjabberdApiConfig = { url: string; credential: { user: string; password: string } | undefined };

/** Undefined where it is not given: no other server has one. */
export function readEjabberdApi(read: Reader): EjabberdApiConfig | undefined {
  const url = read.safeUrl('EARSHOT_EJABBERD_API');
  if (url === undefined) return undefined;
  return { url: url.replace(/\/+$/, ''), credential: credential(read) };
}

function credential(read: Reader): EjabberdApiConfig['credential'] {
  const [user, password] = ['EARSHOT_EJABBERD_API_USER', 'EARSHOT_EJABBERD_API_PASSWORD'].map(read.given);
  if (user === undefined && password === undefined) return undefined;
  return {
    user: read.matching('EARSHOT_EJABBERD_API_USER', /^[^\s:@/]+@[^\s:@/]+$/, 'a bare JID such as admin@op.example'),
    password: read.text('EARSHOT_EJABBERD_API_PASSWORD'),
  };
}
