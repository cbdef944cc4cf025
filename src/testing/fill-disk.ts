// Takes all the space, or all the inodes, of a small disk and keeps taking what becomes free, until it is told to give
// everything back.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Filler {
  /** Takes at once what became free while the test itself stood still. */
  fill(): void;
  free(): void;
}

const AGAIN_MS = 5;

export function fillDisk(folder: string, what: "space" | "inodes"): Filler {
  const filler = join(folder, "filler");
  mkdirSync(filler, { recursive: true });
  const blocks = what === "space" ? [Buffer.alloc(1 << 20), Buffer.alloc(4096)] : [Buffer.alloc(0)];
  let files = 0;
  const fill = (): void => {
    for (const block of blocks)
      try {
        for (;;) {
          const name = what === "space" ? "big" : `f${files++}`;
          writeFileSync(join(filler, name), block, { flag: "a" });
        }
      } catch {
        // Full.
      }
  };
  fill();
  const timer = setInterval(fill, AGAIN_MS);
  return {
    fill,
    free() {
      clearInterval(timer);
      rmSync(filler, { recursive: true, force: true });
    },
  };
}
