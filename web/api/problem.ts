/** An error that the API answered (RFC 9457), or that kept the call from reaching it: then the code is `UNREACHABLE`. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds to wait. */
  readonly retryAfter: number | undefined;
  /** The version of what was stored nevertheless. */
  readonly etag: string | undefined;

  constructor(status: number, code: string, detail: string, headers?: Headers) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = Number(headers?.get('retry-after')) || undefined;
    this.etag = headers?.get('etag') ?? undefined;
  }
}

/** Reads what went wrong out of an answer. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => ({}));
  const { code = 'INTERNAL', detail = '' } = body as { code?: string; detail?: string };
  return new Problem(response.status, code, detail, response.headers);
}

/** Whatever was thrown, as a Problem: a fetch that fails throws a TypeError. */
export function toProblem(err: unknown): Problem {
  return err instanceof Problem ? err : new Problem(0, 'UNREACHABLE', '');
}
