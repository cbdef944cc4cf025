// One end of a transfer: a storage that is asked again when it failed for a while, and opened anew when its credentials
// have expired. Knows nothing of files and parts.

import { type Storage, StorageError } from "../ports/storage.ts";
import { nextTry, retryLine } from "./retry-policy.ts";
import type { Slots } from "./slots.ts";
import { TransferError } from "./transfer-failure.ts";
import type { TransferPorts } from "./transfer-ports.ts";

/** An open storage, which stays open; or how to open one, which the transfer then closes. */
export type StorageSource = Storage | (() => Promise<Storage>);

export interface OpenEnd {
  /** The one in use now. */
  storage(): Storage;
  /** Asks until it went well or there is no use; `tries` begins with 1. */
  run<T>(what: (storage: Storage, tries: number) => Promise<T>): Promise<T>;
  /** After `error` in a call to `storage`: resolves when it may be asked again, else throws. */
  recover(storage: Storage, error: unknown, tries: number): Promise<void>;
  close(): Promise<void>;
}

export interface EndContext {
  readonly ports: TransferPorts;
  readonly slots: Pick<Slots, "slower" | "wentWell">;
  readonly signal: AbortSignal;
  /** A line for people about what is asked again and again. */
  readonly onRetry: (line: string) => void;
}

export async function openEnd(source: StorageSource, context: EndContext): Promise<OpenEnd> {
  const { ports, slots, signal, onRetry } = context;
  const reopen = typeof source === "function" ? source : null;
  let current = typeof source === "function" ? await source() : source;
  const replaced: Storage[] = [];
  let renewing: Promise<void> | null = null;
  /** False: it was opened anew, and nothing went well since. */
  let worksSince = true;

  async function renew(old: Storage, error: StorageError): Promise<void> {
    if (old !== current) return;
    if (renewing !== null) return renewing;
    if (reopen === null || !worksSince)
      throw new TransferError(
        "expired",
        reopen === null
          ? error.message
          : `${error.message}; ${old.address} was opened anew, and what it got had expired too`,
      );
    worksSince = false;
    renewing = reopen().then((fresh) => {
      replaced.push(current);
      current = fresh;
    });
    return renewing.finally(() => {
      renewing = null;
    });
  }

  async function recover(storage: Storage, error: unknown, tries: number): Promise<void> {
    if (signal.aborted || !(error instanceof StorageError)) throw error;
    if (error.problem === "expired") return renew(storage, error);
    if (error.problem === "busy") slots.slower();
    const { problem, retryAfterSeconds } = error;
    const wait = nextTry({ problem, tries, retryAfterSeconds, chance: ports.chance() });
    if (wait === null) throw error;
    const line = retryLine(error, { tries, waitMs: wait });
    if (line !== null) onRetry(line);
    await ports.wait(wait, signal);
    if (signal.aborted) throw error;
  }

  return {
    storage: () => current,
    recover,
    async run(what) {
      for (let tries = 1; ; tries += 1) {
        const storage = current;
        try {
          const result = await what(storage, tries);
          if (storage === current) worksSince = true;
          slots.wentWell();
          return result;
        } catch (error) {
          await recover(storage, error, tries);
        }
      }
    },
    async close() {
      if (reopen === null) return;
      await Promise.allSettled([...replaced, current].map((storage) => storage.close()));
    },
  };
}
