// Ends a request that gets no answer: not every SDK does, and a connection can be dead without saying so. Knows no SDK.

/** To hear the first of an answer. */
const ANSWER_MS = 60_000;
/** Slower than a connection of 160 kbit/s it is taken for dead. */
const SLOWEST_BYTES_PER_MS = 20;

export class NoAnswer extends Error {
  readonly code = "ETIMEDOUT";
  constructor(waitedMs: number) {
    super(`no answer in ${Math.round(waitedMs / 1000)} s`);
    this.name = "TimeoutError";
  }
}

/** `sentBytes`: how much the request brings, which takes its time. The signal of `work` hears the caller's as well. */
export async function patiently<T>(
  signal: AbortSignal | undefined,
  sentBytes: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const waitMs = ANSWER_MS + sentBytes / SLOWEST_BYTES_PER_MS;
  const stop = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop.abort();
  }, waitMs);
  const heard = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", heard, { once: true });
  try {
    return await work(stop.signal);
  } catch (error) {
    throw isLate ? new NoAnswer(waitMs) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", heard);
  }
}
