// Starts moto, which speaks S3 in memory, with one user whom it knows: all others are refused.

import path from "node:path";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { type MissingServer, startServer } from "./server-process.ts";
import { installedOnce, programOnPath, runInstaller } from "./test-cache.ts";

export interface S3Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  makeBucket(): Promise<string>;
  /** With all that is in it. */
  removeBucket(bucket: string): Promise<void>;
}

/** Moto looks for a name that must be absent and takes it without a lock between: as real S3 does, one write at a time is let in. */
const LOCKED = `
import sys, threading
from moto.s3.responses import S3Response
from moto.server import main
lock = threading.RLock()
def one_at_a_time(work):
    def locked(*args, **named):
        with lock:
            return work(*args, **named)
    return locked
for name in ("put_object", "_key_response_post"):
    setattr(S3Response, name, one_at_a_time(getattr(S3Response, name)))
main(sys.argv[1:])
`;

/** Calls that nobody has to sign: those that make the user. */
const OPEN_CALLS = 3;

export async function startMoto(): Promise<S3Server | MissingServer> {
  if (programOnPath("python3") === null) return { missing: "moto needs python3 on PATH" };
  const installed = await installedOnce("moto", async (folder) => {
    await runInstaller("python3", ["-m", "venv", folder]);
    const python = path.join(folder, "bin", "python");
    await runInstaller(python, ["-m", "pip", "install", "--quiet", "moto[server]"]);
  });
  if ("missing" in installed) return installed;
  const { port } = await startServer({
    program: path.join(installed.folder, "bin", "python"),
    words: (free) => ["-c", LOCKED, "-H", "127.0.0.1", "-p", String(free)],
    environment: { INITIAL_NO_AUTH_ACTION_COUNT: String(OPEN_CALLS) },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  return s3Server(endpoint, await newUser(endpoint));
}

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

let buckets = 0;

export function s3Server(endpoint: string, keys: Keys): S3Server {
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: keys,
  });
  return {
    endpoint,
    ...keys,
    makeBucket: async () => {
      buckets += 1;
      const Bucket = `bucket-${process.pid}-${buckets}`;
      await client.send(new CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    removeBucket: async (Bucket) => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
      await client.send(new DeleteBucketCommand({ Bucket }));
    },
  };
}

async function newUser(endpoint: string): Promise<Keys> {
  await iam(endpoint, { Action: "CreateUser", UserName: "tester" });
  const Statement = [{ Effect: "Allow", Action: "*", Resource: "*" }];
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  const policy = { UserName: "tester", PolicyName: "all", PolicyDocument };
  await iam(endpoint, { Action: "PutUserPolicy", ...policy });
  const made = await iam(endpoint, { Action: "CreateAccessKey", UserName: "tester" });
  const field = (name: string): string =>
    new RegExp(`<${name}>(.*?)</${name}>`).exec(made)?.[1] ?? "";
  return { accessKeyId: field("AccessKeyId"), secretAccessKey: field("SecretAccessKey") };
}

async function iam(endpoint: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const scope = "Credential=x/20260101/us-east-1/iam/aws4_request";
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=x` },
    body: new URLSearchParams({ Version: "2010-05-08", ...fields }),
  });
  if (!answer.ok) throw new Error(`moto: ${fields.Action}: ${await answer.text()}`);
  return answer.text();
}
