// A workspace in a folder of its own for the contract suite of contents, and ways to spoil files.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Content, ContentId } from "../../core/content.ts";
import type { ContentFailure, Contents, Outcome, StagedAttempt } from "../../ports/contents.ts";
import type { CodeReference, DataType } from "../../spec/graph.ts";

export const CAPTURE = {
  attemptId: "c1",
  run: "run-1",
  step: "outer.train",
  outputs: { o: "uri_file" } as Readonly<Record<string, DataType>>,
  captureArtifacts: true,
};

/** A workspace in a folder of its own. */
export class ContentsBench {
  readonly folder = mkdtempSync(join(tmpdir(), "stepwell contents ü-"));
  readonly contents: Contents;
  readonly #make: (workspaceFolder: string) => Contents;
  #others: Contents[] = [];

  constructor(make: (workspaceFolder: string) => Contents) {
    this.#make = make;
    this.contents = make(this.folder);
  }

  /** Another process's view of the same workspace. */
  reopened(): Contents {
    void this.contents.close();
    const other = this.#make(this.folder);
    this.#others.push(other);
    return other;
  }

  path(relative: string): string {
    return join(this.folder, relative);
  }

  write(relative: string, content: string | Buffer): string {
    const path = this.path(relative);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  async content(path: string, type: DataType): Promise<Content> {
    return this.captured(this.contents.identify(path, type));
  }

  take(fields: Partial<CodeReference>): ReturnType<Contents["snapshot"]> {
    const code = { path: this.path("code"), includes: [], definitionFiles: [], ...fields };
    return this.contents.snapshot(code);
  }

  snapshot(fields: Partial<CodeReference> = {}) {
    return this.captured(this.take(fields));
  }

  stage(
    attemptId: string,
    outputs: Readonly<Record<string, DataType>>,
    snapshotId: ContentId | null = null,
  ): Promise<StagedAttempt> {
    return this.captured(this.contents.stage({ attemptId, snapshotId, outputs }));
  }

  capture(attemptId: string, outputs: Readonly<Record<string, DataType>>) {
    return this.captured(this.contents.capture({ ...CAPTURE, attemptId, outputs }));
  }

  async captured<T>(outcome: Outcome<T> | Promise<Outcome<T>>): Promise<T> {
    const got = await outcome;
    if (!got.ok) throw new Error(`${got.failure.code}: ${got.failure.message}`);
    return got.value;
  }

  async failure<T>(outcome: Outcome<T> | Promise<Outcome<T>>): Promise<ContentFailure> {
    const got = await outcome;
    if (got.ok) throw new Error("it was expected to fail");
    return got.failure;
  }

  async clear(): Promise<void> {
    await this.contents.close();
    for (const other of this.#others) await other.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
}

export function relink(path: string, target: string): void {
  unlinkSync(path);
  symlinkSync(target, path);
}

export function intoFolder(path: string): void {
  unlinkSync(path);
  mkdirSync(path);
}

export function fifo(path: string): string {
  execFileSync("mkfifo", [path]);
  return path;
}

export function overwrite(path: string, change: (text: string) => string): void {
  const text = readFileSync(path, "utf8");
  chmodSync(path, 0o644);
  writeFileSync(path, change(text));
}

/** Gives a file a modification time that can be set again exactly. */
export function age(path: string): void {
  utimesSync(path, 1_000_000, 1_000_000);
}

/** Other bytes of the same length, with the modification time that `age` gave. */
export function tamper(path: string, content: string): void {
  chmodSync(path, statSync(path).mode | 0o200);
  writeFileSync(path, content);
  age(path);
}
