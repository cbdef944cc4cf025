// A diff of git as it is recorded: without passwords and signatures in addresses, credentials of datastores, and whatever the
// addresses of a `stepwell.yml` say behind their host. Knows texts; asks no git.

import { withoutAddressSecrets } from "../../spec/address-secret.ts";

/** Begins the part of one file. */
const PART = /^(?=diff --git )/m;
const NAMED = /^diff --git .*?([^/"\n]*)"?$/m;
/** `https://hooks.example.org/` and what follows. */
const ADDRESS = /(https?:\/\/[^\s/'",}]+\/)[^\s'",}]+/gi;
const KEY = /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?:(?=-----END )|$)/g;
/** Credentials that stand in the definition itself: what is named, `{env: NAME}`, is none. */
const CREDENTIAL =
  /\b(password|passphrase|private_key|token|query|access_key_id|secret_access_key|session_token|account_key|sas_token|client_secret|service_account)(["']?\s*:\s*)(?!\s*\{)(?:"[^"]*"|'[^']*'|[^\s,}]+)/g;

export function diffWithoutSecrets(diff: string): string {
  return diff.split(PART).map(partWithoutSecrets).join("");
}

function partWithoutSecrets(part: string): string {
  const name = NAMED.exec(part)?.[1] ?? "";
  const shown = withoutAddressSecrets(part).replaceAll(KEY, "$1***");
  if (!/\.(?:ya?ml|json)$/i.test(name)) return shown;
  const bare = shown.replaceAll(CREDENTIAL, "$1$2***");
  return name === "stepwell.yml" ? bare.replaceAll(ADDRESS, "$1***") : bare;
}
