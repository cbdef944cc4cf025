// Starts versitygw, which speaks S3 over a folder and keeps to conditions and checksums; only where it is on PATH or in
// the cache already, because building it takes minutes.

import fs from "node:fs";
import path from "node:path";
import { type S3Server, s3Server } from "./moto.ts";
import { type MissingServer, startServer } from "./server-process.ts";
import { cacheFolder, programOnPath } from "./test-cache.ts";

const KEYS = { accessKeyId: "versity-tester", secretAccessKey: "versity+secret/key=1" };

export async function startVersitygw(): Promise<S3Server | MissingServer> {
  const cached = path.join(cacheFolder(), "versitygw", "versitygw");
  const program = fs.existsSync(cached) ? cached : programOnPath("versitygw");
  if (program === null)
    return {
      missing:
        "versitygw is neither on PATH nor in the test cache (GOBIN=~/.cache/stepwell-tests/versitygw " +
        "go install github.com/versity/versitygw/cmd/versitygw@latest)",
    };
  const { port } = await startServer({
    program,
    words: (free, folder) => {
      const data = path.join(folder, "data");
      fs.mkdirSync(data);
      return ["--port", `127.0.0.1:${free}`, "posix", data];
    },
    environment: {
      ROOT_ACCESS_KEY: KEYS.accessKeyId,
      ROOT_SECRET_KEY: KEYS.secretAccessKey,
    },
  });
  return s3Server(`http://127.0.0.1:${port}`, KEYS);
}
