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
import { readText } from "../ports/read-file.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { makeUserKey, userKeyFile } from "./user-key.ts";
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
  const file = userKeyFile(shell, "signing.key");
  try {
    if (!given) makeUserKey(file, newKey);
    const pem = given ? given.replaceAll("\\n", "\n") : readText(file);
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

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}
