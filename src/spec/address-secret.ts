// Finds addresses that hold a secret: a password before the host, or a signature or token in the query. What a definition
// says is recorded and shown, so that a secret must never stand in one. Knows nothing of what an address is for.

import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import type { TreeSource } from "./tree.ts";

/** An address up to where a text around it goes on. Links of a record's own (`azureml://`) never match: they hold neither. */
const ADDRESS = /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'`<>\\]+/gi;
/** What stands before a digest is the tag of an image: `docker://ubuntu:22.04@sha256:…`. */
const PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*:)([^/?#@]+)(?=@(?!sha\d+:))/i;
/** A token in the place of the user, by the shapes that hosts of code and packages give theirs: `git+https://ghp_…@host`. */
const TOKEN =
  /^((?:git\+)?https?:\/\/)((?:gh[pousr]_|github_pat_|glpat-|hf_|pypi-)[\w.-]{8,}|[a-z2-7]{52}|[A-Za-z0-9]{84})(?=@)/;
/** Shared access signatures of Azure, presigned addresses of S3, GCS and CloudFront, and what other services call a key. */
const SIGNATURE =
  /([?&;#](?:sig|signature|x-amz-signature|x-goog-signature|(?:access_|auth_|private_)?token|api_?key|client_secret|password)=)([^&#;,)\]}]+)/gi;
/** What a program fills in: `$NAME`, `${…}`, `$(…)`, `{name}`, `%s`, `%NAME%`. A password may well hold these signs. */
const FILLED_IN = /^\$[\w$]|\$[{(]|^\{|\{[^{}]*\}|^%(?:\w+%|\(|[a-z]$|(?![0-9a-f]{2}))/i;
/** The words that documentation puts in the place of a secret. */
const WORD =
  /^(?:\*+|x+|\.+|\u2026|pass(?:word)?|secret|token|signature|redacted|your[-_]\w+|changeme)$/i;

export interface AddressSecret {
  /** Of the address in the text. */
  readonly offset: number;
  readonly what: "password" | "token" | "signature";
}

/** Every address of a text that holds one. */
export function addressSecrets(text: string): readonly AddressSecret[] {
  if (!text.includes("://")) return [];
  return [...text.matchAll(ADDRESS)].flatMap(({ 0: address, index: offset }): AddressSecret[] => {
    if (isSecret(PASSWORD.exec(address)?.[2])) return [{ offset, what: "password" }];
    if (TOKEN.test(address)) return [{ offset, what: "token" }];
    const isSigned = [...address.matchAll(SIGNATURE)].some((match) => isSecret(match[2]));
    return isSigned ? [{ offset, what: "signature" }] : [];
  });
}

function isSecret(value: string | undefined): boolean {
  return value !== undefined && !FILLED_IN.test(value) && !WORD.test(value);
}

/** The same text with `*` for each letter of such a secret: places in it stay where they are. */
export function withoutAddressSecrets(text: string): string {
  if (!text.includes("://")) return text;
  const hide = (all: string, before: string, value: string): string =>
    isSecret(value) ? before + "*".repeat(value.length) : all;
  return text.replaceAll(ADDRESS, (address) =>
    address.replace(PASSWORD, hide).replace(TOKEN, hide).replaceAll(SIGNATURE, hide),
  );
}

/** The first finding about a text that is to be recorded; `whose` begins the sentence. Null: it may be. */
export function addressSecretIn(
  text: string,
  whose: string,
): { readonly message: string; readonly hint: string } | null {
  const [first] = addressSecrets(text);
  return first === undefined ? null : { message: `${whose} holds a ${first.what}`, hint: WAY_OUT };
}

/** One finding for each such address of a file. */
export function addressSecretProblems(source: TreeSource): readonly Problem[] {
  return addressSecrets(source.text).map(({ offset, what }) => {
    const message = `this address holds a ${what}, which would be recorded and shown in clear`;
    return problemAt({ source, offset }, "secret_in_address", message, WAY_OUT);
  });
}

const WAY_OUT =
  "For data: register its place with credentials (`stepwell datastore create FILE`) and write `azureml://datastores/NAME/paths/PATH`. For a command: keep the address as a secret (`stepwell secret set NAME`), hand it over with `pass_env: [{name: VARIABLE, secret: NAME}]` in stepwell.yml, and read the variable. For packages: name the index in pip's own settings (`pip.conf`, `PIP_INDEX_URL`).";
