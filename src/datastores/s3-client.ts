// Makes the client of the AWS SDK for a datastore: addresses, credentials, time limits. Sends nothing.

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { OpenableDatastore, S3Credentials } from "../spec/datastore.ts";

type S3Definition = Extract<OpenableDatastore, { readonly type: "s3" }>;

/** A server that takes longer to take a connection is not there. */
const CONNECT_MS = 10_000;
/** No byte either way for so long: the connection is dead, or whoever reads or feeds it is. */
const SILENCE_MS = 120_000;
/** More than any transfer uses at once. */
const SOCKETS = 128;

/** Whoever runs Stepwell can do nothing about what the SDK says of coming versions of itself. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/** The SDK would print on the user's terminal what we throw. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export function s3Client(definition: S3Definition): S3Client {
  const { endpoint, region, pathStyle, credentials } = definition;
  const known = region ?? (endpoint !== null || credentials.kind === "none" ? "us-east-1" : null);
  return new S3Client({
    ...(known === null ? {} : { region: known }),
    ...(endpoint === null ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    followRegionRedirects: endpoint === null,
    // Transfers retry by themselves, and know how long; this is for a connection that went stale while it was kept.
    maxAttempts: 2,
    logger: SILENT,
    // Ours are sent where they are known; the SDK's would turn bodies into a form that few other servers take.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
    ...identity(credentials),
  });
}

function identity(credentials: S3Credentials<string>): S3ClientConfig {
  if (credentials.kind === "ambient") return {};
  if (credentials.kind === "none")
    return {
      credentials: { accessKeyId: "", secretAccessKey: "" },
      signer: { sign: async (request) => request },
    };
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === null ? {} : { sessionToken }),
    },
  };
}

export function s3Secrets(credentials: S3Credentials<string>): readonly string[] {
  if (credentials.kind !== "keys") return [];
  return [credentials.secretAccessKey, credentials.sessionToken ?? ""];
}
