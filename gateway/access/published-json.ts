/** Bytes of a document that an issuer publishes; a set of ten keys has five thousand. */
const LARGEST = 256 * 1024;

/** The JSON of an answer, which is read no further than a document of an issuer is long. @throws Error */
export async function publishedJson({ url, body }: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > LARGEST) throw new Error(`${url} answers with more than ${LARGEST} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Error(`${url} answers with no JSON.`);
  }
}
