// The key that this user signs shared results with, and the check of others' signatures. Ed25519: short keys, no choices to
// get wrong. Knows nothing of what is signed.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Refusal, refuse } from "./refusal.ts";
import type { Workspace } from "./workspace.ts";

export interface SigningKey {
  /** `ed25519:…`: what others write under `trust`. */
  readonly publicKey: string;
  sign(text: string): string;
}

const VARIABLE = "STEPWELL_SIGNING_KEY";

/** The user's own key, made at its first use; or the one in the variable, which is how CI has one. */
export function signingKey(shell: Workspace["shell"]): SigningKey | Refusal {
  const given = shell[VARIABLE];
  const file = keyFile(shell);
  try {
    if (!given) makeKey(file);
    const pem = given ? given.replaceAll("\\n", "\n") : fs.readFileSync(file, "utf8");
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== "ed25519") throw new Error("it is no Ed25519 key");
    return {
      publicKey: publicText(createPublicKey(key)),
      sign: (text) => sign(null, Buffer.from(text), key).toString("base64url"),
    };
  } catch (error) {
    const where = given ? `$${VARIABLE}` : file;
    return refuse(
      "no_signing_key",
      `${where} cannot be used to sign: ${(error as Error).message}`,
      `make one: openssl genpkey -algorithm ed25519, and give its text in ${VARIABLE}`,
      4,
    );
  }
}

/** True when `signature` is that of the key's owner over `text`. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  try {
    const x = publicKey.slice("ed25519:".length);
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, "base64url"));
  } catch {
    return false;
  }
}

function publicText(key: KeyObject): string {
  return `ed25519:${key.export({ format: "jwk" }).x}`;
}

function keyFile(shell: Workspace["shell"]): string {
  const base = shell.XDG_CONFIG_HOME || path.join(os.homedir(), ".config");
  return path.join(base, "stepwell", "signing.key");
}

/** Whole or not at all, and only once: the first of two at once wins. */
function makeKey(file: string): void {
  if (fs.existsSync(file)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const fresh = `${file}.${process.pid}`;
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  fs.writeFileSync(fresh, pem, { mode: 0o600 });
  try {
    fs.linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    fs.rmSync(fresh, { force: true });
  }
}
