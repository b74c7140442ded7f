import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Everything in the files below a folder whose path contains `part`. */
export async function filesIn(folder: string, part = ''): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.filter((file) => file.includes(part)).map((file) => readFile(file, 'utf8')))).join(
    '\n',
  );
}
