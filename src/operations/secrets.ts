// The workspace's secrets: sealed with a key that lies outside of the workspace, so that neither a copy of the record nor a
// backup of it gives one away. Knows nothing of what they are for.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import { readText } from "../ports/read-file.ts";
import { shownName } from "../transfers/entry-names.ts";
import { isRefusal, type Refusal, refuse } from "./refusal.ts";
import { makeUserKey, userKeyFile } from "./user-key.ts";
import type { Workspace } from "./workspace.ts";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
/** Longer than any key file that a cloud hands out. */
const LONGEST_BYTES = 64 * 1024;

type SecretStore = Pick<Workspace, "records" | "shell" | "clock" | "user">;

/** Keeps a secret under a name, over one that is there. Null when it is kept. */
export async function putSecret(
  workspace: SecretStore,
  name: string,
  value: string,
): Promise<Refusal | null> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_./-]{0,254}$/.test(name))
    return refuse(
      "bad_name",
      `${shownName(name)} is not a name of a secret`,
      "use up to 255 letters, digits, _, -, . and /",
    );
  if (value === "")
    return refuse(
      "bad_secret",
      `the secret ${name} is empty`,
      "type it, or give it on standard input: stepwell secret set NAME < FILE",
    );
  if (Buffer.byteLength(value) > LONGEST_BYTES)
    return refuse("bad_secret", `the secret ${name} is longer than ${LONGEST_BYTES} bytes`);
  const key = readKey(workspace.shell);
  if (isRefusal(key)) return key;
  await workspace.records.putSecret({
    name,
    sealed: seal(key, name, value),
    createdAt: workspace.clock.now(),
    createdBy: workspace.user,
  });
  return null;
}

export async function readSecret(workspace: SecretStore, name: string): Promise<string | Refusal> {
  const secret = await workspace.records.secret(name);
  if (secret === null)
    return refuse(
      "unknown_secret",
      `there is no secret ${name} in this workspace`,
      `keep it there: stepwell secret set ${name}`,
    );
  const key = readKey(workspace.shell);
  if (isRefusal(key)) return key;
  return unseal(key, name, secret.sealed) ?? wrongKey(workspace.shell, name);
}

function seal(key: Buffer, name: string, value: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  // Bound to its name: a row copied under another name opens nothing.
  cipher.setAAD(Buffer.from(name));
  const body = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  const parts = [nonce, cipher.getAuthTag(), body].map((part) => part.toString("base64url"));
  return ["1", keyId(key), ...parts].join(".");
}

/** Null: sealed with another key, or altered. */
function unseal(key: Buffer, name: string, sealed: string): string | null {
  const [version, id, ...parts] = sealed.split(".");
  const [nonce, tag, body] = parts.map((part) => Buffer.from(part, "base64url"));
  if (version !== "1" || id !== keyId(key) || !nonce || !tag || !body) return null;
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce);
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}

function keyId(key: Buffer): string {
  return createHash("sha256").update("stepwell secret key\0").update(key).digest("hex").slice(0, 8);
}

function wrongKey(shell: Workspace["shell"], name: string): Refusal {
  const hint = `set it again (stepwell secret set ${name}), or use the key that it was kept with: ${keyPlace(shell)}`;
  return refuse("wrong_secret_key", `the secret ${name} was kept with another key`, hint, 4);
}

const VARIABLE = "STEPWELL_SECRET_KEY";

function keyPlace(shell: Workspace["shell"]): string {
  return shell[VARIABLE] ? `$${VARIABLE}` : keyFile(shell);
}

function keyFile(shell: Workspace["shell"]): string {
  return userKeyFile(shell, "secret.key");
}

/** The key of this user, made at its first use; or what the variable gives, so that a team or CI can share one. */
function readKey(shell: Workspace["shell"]): Buffer | Refusal {
  const given = shell[VARIABLE];
  if (given) return parseKey(given.trim(), `$${VARIABLE}`);
  const file = keyFile(shell);
  try {
    makeUserKey(file, () => `${randomBytes(KEY_BYTES).toString("hex")}\n`);
    if ((fs.statSync(file).mode & 0o077) !== 0)
      return refuse(
        "open_secret_key",
        `${file} can be read by others`,
        `close it (chmod 600 ${file}), and set your secrets again if somebody may have read it`,
        4,
      );
    return parseKey(readText(file).trim(), file);
  } catch (error) {
    return refuse(
      "no_secret_key",
      `the key of secrets cannot be used: ${(error as Error).message}`,
      `set ${VARIABLE} to 32 bytes in hex instead (openssl rand -hex 32)`,
      4,
    );
  }
}

function parseKey(text: string, where: string): Buffer | Refusal {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
  return refuse(
    "no_secret_key",
    `${where} is not a key of 32 bytes in hex`,
    "make one: openssl rand -hex 32",
    4,
  );
}
