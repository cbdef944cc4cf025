// Whether a server's key is the one that it had before: reads files in the format of OpenSSH's known_hosts. Trusts nobody
// by itself, and connects to nothing.

import { createHash, createHmac } from "node:crypto";
import { readText } from "../ports/read-file.ts";

export interface KnownKey {
  readonly type: string;
  readonly key: Buffer;
  readonly isRevoked: boolean;
}

/** As ssh-keygen prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** All keys that are known of a server; files that are not there know none. */
export function knownKeys(files: readonly string[], host: string, port: number): KnownKey[] {
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  return files.flatMap((file) => linesOf(file).flatMap((line) => keyIn(line, name) ?? []));
}

function linesOf(file: string): readonly string[] {
  try {
    return readText(file).split(/\r?\n/);
  } catch {
    return [];
  }
}

/** Null: a comment, of another server, or of a kind that says nothing about one key. */
function keyIn(line: string, name: string): KnownKey | null {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
  const [hosts = "", type, key] = words;
  if (hosts === "" || hosts.startsWith("#") || type === undefined || key === undefined) return null;
  if (marker === "@cert-authority" || !isNamed(hosts, name)) return null;
  return { type, key: Buffer.from(key, "base64"), isRevoked: marker === "@revoked" };
}

function isNamed(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) return isHashOf(hosts, name);
  const patterns = hosts.toLowerCase().split(",");
  if (patterns.some((one) => one.startsWith("!") && matches(one.slice(1), name))) return false;
  return patterns.some((one) => !one.startsWith("!") && matches(one, name));
}

function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = "", hash = ""] = hashed.split("|");
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}

function matches(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const expression = escaped.replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${expression}$`).test(name);
}
