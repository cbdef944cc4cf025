// Something outside of a workspace that no attack may reach: a folder with a file whose bytes would be recognised anywhere.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "vitest";

export interface Canary {
  readonly folder: string;
  readonly file: string;
  readonly secret: string;
  /** It is what it was, and nothing below `workspace` holds its bytes. */
  expectUntouched(workspace: string): void;
  remove(): void;
}

export function makeCanary(): Canary {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-canary-"));
  const file = path.join(folder, "file");
  const secret = `canary ${folder} sings`;
  fs.writeFileSync(file, secret, { mode: 0o640 });
  fs.mkdirSync(path.join(folder, "o"));
  fs.writeFileSync(path.join(folder, "o", "inner"), secret, { mode: 0o640 });
  const state = (): string =>
    JSON.stringify(
      ["", "file", "o", "o/inner"].map((name) => {
        const at = path.join(folder, name);
        const { mode, mtimeMs, nlink, ino } = fs.statSync(at);
        const holds = fs.statSync(at).isDirectory()
          ? fs.readdirSync(at)
          : fs.readFileSync(at, "utf8");
        return [name, mode, mtimeMs, nlink, ino, holds];
      }),
    );
  const before = state();
  return {
    folder,
    file,
    secret,
    expectUntouched(workspace) {
      expect(state()).toBe(before);
      const holders = filesBelow(workspace).filter((one) =>
        unlessGone(() => fs.readFileSync(one).includes(secret), false),
      );
      expect(holders).toEqual([]);
    },
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

/** Links are not followed. */
function filesBelow(folder: string): string[] {
  const entries = unlessGone(() => fs.readdirSync(folder, { withFileTypes: true }), []);
  return entries.flatMap((entry) => {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(at);
    return entry.isFile() ? [at] : [];
  });
}

/** The workspace's trash is emptied in the background, so what was listed may be gone by now. */
function unlessGone<T>(read: () => T, gone: T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return gone;
    throw error;
  }
}
