// Starts fake-gcs-server, which speaks Google Cloud Storage in memory; built once where Go is.

import path from "node:path";
import { type MissingServer, startServer } from "./server-process.ts";
import { installedOnce, programOnPath, runInstaller } from "./test-cache.ts";

export interface GcsServer {
  readonly endpoint: string;
  makeBucket(): Promise<string>;
  /** With all that is in it. */
  removeBucket(bucket: string): Promise<void>;
}

const SOURCE = "github.com/fsouza/fake-gcs-server@latest";

export async function startFakeGcs(): Promise<GcsServer | MissingServer> {
  const installed = await installedOnce("fake-gcs-server", async (folder) => {
    if (programOnPath("go") === null) throw new Error("Go is not on PATH");
    await runInstaller("go", ["install", SOURCE], { env: { GOBIN: folder } });
  });
  if ("missing" in installed) return installed;
  const { port } = await startServer({
    program: path.join(installed.folder, "fake-gcs-server"),
    words: (free) => [
      ...["-scheme", "http", "-host", "127.0.0.1", "-port", String(free)],
      ...["-backend", "memory", "-log-level", "error"],
    ],
  });
  return gcsServer(`http://127.0.0.1:${port}`);
}

let buckets = 0;

function gcsServer(endpoint: string): GcsServer {
  const call = async (method: string, where: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${endpoint}/storage/v1/b${where}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${await answer.text()}`);
    return method === "GET" ? answer.json() : null;
  };
  return {
    endpoint,
    makeBucket: async () => {
      buckets += 1;
      const name = `bucket-${process.pid}-${buckets}`;
      await call("POST", "", { name });
      return name;
    },
    removeBucket: async (bucket) => {
      const { items = [] } = (await call("GET", `/${bucket}/o`)) as {
        readonly items?: readonly { readonly name: string }[];
      };
      for (const { name } of items)
        await call("DELETE", `/${bucket}/o/${encodeURIComponent(name)}`);
      await call("DELETE", `/${bucket}`);
    },
  };
}
