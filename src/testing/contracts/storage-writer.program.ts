// A process that writes half of a file, says so, and waits to be killed: what to write comes on standard input as JSON.

import { json } from "node:stream/consumers";
import { openStorage } from "../../datastores/open-storage.ts";
import type { Bytes } from "../../ports/storage.ts";
import type { OpenableDatastore } from "../../spec/datastore.ts";

const { definition, path } = (await json(process.stdin)) as {
  readonly definition: OpenableDatastore;
  readonly path: string;
};
const HALF = 2_000_000;

async function* half(): Bytes & AsyncGenerator {
  for (let sent = 0; sent < HALF; sent += HALF / 20) yield Buffer.alloc(HALF / 20, "x");
  process.stdout.write("half\n");
  // Kept alive, not by a promise alone.
  setInterval(() => {}, 60_000);
  await new Promise(() => {});
}

const storage = await openStorage(definition);
await storage.write(path, half(), { sizeBytes: 2 * HALF, sha256: null });
