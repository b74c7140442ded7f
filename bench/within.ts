/** The promise, or an error when it takes longer than `ms` milliseconds. `what`: for the error, that for which is waited. */
export async function within<T>(ms: number, promise: Promise<T>, what = 'the rest'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Something was lost: ${what} did not come for ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
