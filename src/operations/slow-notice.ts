// Says what is going on once it has taken more than a moment: a hundred gigabytes read without a word look like a
// standstill. Knows nothing of what the work is.

const MOMENT_MS = 3_000;

/** Waits for `work`; `tell` is called once when it takes longer than a moment. */
export async function noticeWhenSlow<T>(
  work: Promise<T>,
  tell: () => void,
  momentMs = MOMENT_MS,
): Promise<T> {
  const timer = setTimeout(tell, momentMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
