// Places for calls under way: so many at once, and so many bytes of memory. First come, first served; whoever wants more
// than there is gets it when nobody else has any. Knows nothing of what the calls do.

import { fullPace, type Pace, slower, wentWell } from "./pace.ts";

export interface Slots {
  /** Resolves with what gives the place back. */
  take(bytes: number): Promise<() => void>;
  /** A storage said: slower. */
  slower(): void;
  wentWell(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

export function createSlots(concurrency: number, memoryBytes: number): Slots {
  let pace: Pace = fullPace(concurrency);
  let calls = 0;
  let held = 0;
  const queue: Waiting[] = [];

  function fits(bytes: number): boolean {
    return calls === 0 || (calls < pace.limit && held + bytes <= memoryBytes);
  }

  function next(): void {
    for (let first = queue[0]; first !== undefined && fits(first.bytes); first = queue[0]) {
      queue.shift();
      calls += 1;
      held += first.bytes;
      first.go();
    }
  }

  function giveBack(bytes: number): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      calls -= 1;
      held -= bytes;
      next();
    };
  }

  return {
    take: (bytes) =>
      new Promise((resolve) => {
        queue.push({ bytes, go: () => resolve(giveBack(bytes)) });
        next();
      }),
    slower: () => {
      pace = slower(pace);
    },
    wentWell: () => {
      pace = wentWell(pace);
      next();
    },
  };
}
