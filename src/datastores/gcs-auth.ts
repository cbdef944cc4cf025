// Proves to Google who we are: a key file's text, what the machine has, or nobody. Knows no storage.

import { GoogleAuth } from "google-auth-library";
import type { GcsCredentials } from "../spec/datastore.ts";

export type Headers = Readonly<Record<string, string>>;

/** Whoever signs cannot: the credentials are wrong, or there are none. */
export class NotSignedIn extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "NotSignedIn";
  }
}

const SCOPES = ["https://www.googleapis.com/auth/devstorage.read_write"];

/** Headers for a request, from a token that is renewed by itself. */
export function gcsAuthorization(credentials: GcsCredentials<string>): () => Promise<Headers> {
  if (credentials.kind === "none") return async () => ({});
  let client: ReturnType<GoogleAuth["getClient"]> | null = null;
  return async () => {
    try {
      client ??= authOf(credentials).getClient();
      return { ...(await (await client).getRequestHeaders()) };
    } catch (error) {
      client = null;
      throw new NotSignedIn(isOfOpenSsl(error) ? new Error(badKey(credentials.kind)) : error);
    }
  };
}

/** What it says is of no use to anybody: `error:1E08010C:DECODER routines::unsupported`. */
function isOfOpenSsl(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException | null)?.code).startsWith("ERR_OSSL_");
}

function badKey(kind: GcsCredentials<string>["kind"]): string {
  const file = kind === "ambient" ? process.env.GOOGLE_APPLICATION_CREDENTIALS : undefined;
  return `the private_key of ${file ?? "the service account key"} is none: it was cut or altered`;
}

export function gcsSecrets(credentials: GcsCredentials<string>): readonly string[] {
  if (credentials.kind !== "service_account") return [];
  const { json } = credentials;
  return [json, privateKeyIn(json)];
}

function authOf(credentials: Exclude<GcsCredentials<string>, { readonly kind: "none" }>) {
  if (credentials.kind === "ambient") return new GoogleAuth({ scopes: SCOPES });
  return new GoogleAuth({ scopes: SCOPES, credentials: keyIn(credentials.json) });
}

/** The parser's message would quote the key. */
function keyIn(json: string): object {
  try {
    const key: unknown = JSON.parse(json);
    if (typeof key === "object" && key !== null) return key;
  } catch {}
  throw new Error("the service account key is not the JSON of a key file");
}

function privateKeyIn(json: string): string {
  try {
    const key = (JSON.parse(json) as { readonly private_key?: unknown }).private_key;
    return typeof key === "string" ? key : "";
  } catch {
    return "";
  }
}
