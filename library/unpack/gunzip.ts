// One compressed file. Its name is that of the archive without `.gz`.

import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { type Landing, refused } from "./landing.ts";

export async function gunzipTo(archive: string, landing: Landing): Promise<void> {
  const name = path.basename(archive).replace(/\.gz$/i, "") || "data";
  const file = landing.file(name, false);
  try {
    for await (const chunk of gunzipped(archive)) file?.write(chunk);
  } finally {
    file?.close();
  }
}

export async function* gunzipped(archive: string): AsyncGenerator<Buffer> {
  const source = fs.createReadStream(archive);
  const stream = source.pipe(zlib.createGunzip());
  source.on("error", (error) => stream.destroy(error));
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!code.startsWith("Z_")) throw error;
    throw refused(
      `the archive is damaged or cut short (${(error as Error).message})`,
      "fetch it again, and check its size or SHA-256",
    );
  } finally {
    source.destroy();
  }
}
