// Rows from one reader to several writers at once: each piece waits until its writer has taken the one before it, so that
// memory does not grow.

import type { Rows } from "../../src/ports/tables.ts";

export interface RowChannel {
  /** Resolves when there is room for another piece; rejects with what ended the reader. */
  send(rows: Rows): Promise<void>;
  close(): void;
  readonly rows: AsyncIterable<Rows>;
}

export function rowChannel(): RowChannel {
  let waiting: Rows | null = null;
  let isClosed = false;
  let isBroken = false;
  let wake: () => void = () => {};
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      const before = wake;
      wake = () => {
        before();
        resolve();
      };
    });
  const tell = (): void => {
    const all = wake;
    wake = () => {};
    all();
  };
  async function* received(): AsyncGenerator<Rows> {
    try {
      for (;;) {
        if (waiting !== null) {
          const rows: Rows = waiting;
          waiting = null;
          tell();
          yield rows;
        } else if (isClosed) return;
        else await changed();
      }
    } finally {
      isBroken = true;
      tell();
    }
  }
  return {
    rows: received(),
    async send(rows) {
      while (waiting !== null && !isBroken) await changed();
      waiting = rows;
      tell();
    },
    close() {
      isClosed = true;
      tell();
    },
  };
}
