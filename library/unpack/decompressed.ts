// The bytes behind a compression: gzip by Node, the others by the programs that every Linux has for them. Knows no archive.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { StepFailure } from "../runtime/program.ts";
import { type Landing, refused } from "./landing.ts";

/** As names of files end. */
export type Compression = "gz" | "bz2" | "xz" | "zst";

const PROGRAMS = {
  bz2: { program: "bzip2", package: "bzip2" },
  xz: { program: "xz", package: "xz-utils" },
  zst: { program: "zstd", package: "zstd" },
} as const satisfies Partial<Record<Compression, object>>;

/** One compressed file. Its name is that of the archive without its ending. */
export async function unpackOne(
  archive: string,
  compression: Compression,
  landing: Landing,
): Promise<void> {
  const base = path.basename(archive);
  const ending = `.${compression}`;
  const name = base.toLowerCase().endsWith(ending) ? base.slice(0, -ending.length) : base;
  const file = landing.file(name || "data", false);
  try {
    for await (const chunk of decompressed(archive, compression)) file?.write(chunk);
  } finally {
    file?.close();
  }
}

export function decompressed(archive: string, compression: Compression): AsyncGenerator<Buffer> {
  return compression === "gz" ? gunzipped(archive) : byProgram(archive, compression);
}

async function* gunzipped(archive: string): AsyncGenerator<Buffer> {
  const source = fs.createReadStream(archive);
  const stream = source.pipe(zlib.createGunzip());
  source.on("error", (error) => stream.destroy(error));
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!code.startsWith("Z_")) throw error;
    throw damaged((error as Error).message);
  } finally {
    source.destroy();
  }
}

/** It reads the archive itself, and is ended when nobody wants more of it. */
async function* byProgram(
  archive: string,
  compression: keyof typeof PROGRAMS,
): AsyncGenerator<Buffer> {
  const { program, package: wanted } = PROGRAMS[compression];
  const handle = fs.openSync(archive, "r");
  const child = spawn(program, ["-dc"], { stdio: [handle, "pipe", "pipe"] });
  fs.closeSync(handle);
  const ended = once(child, "close") as Promise<[number | null]>;
  ended.catch(() => {});
  let says = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    says = (says + text).slice(0, 200);
  });
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const [code] = await ended;
    if (code !== 0) throw damaged(says.trim().split("\n")[0] ?? "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new StepFailure(
      `${compression} needs the program ${program}, which is not on PATH of the step`,
      `install it (apt-get install ${wanted}), or pack the archive as zip or gz`,
    );
  } finally {
    child.kill();
  }
}

function damaged(says: string): StepFailure {
  return refused(
    `the archive is damaged or cut short (${says})`,
    "fetch it again, and check its size or SHA-256",
  );
}
