// Reads where data lies from what the user wrote as a `path`. Knows nothing of reading the data itself.

import { withoutAddressSecrets } from "./address-secret.ts";
import { isResourceId, parseAssetName } from "./asset-name.ts";
import { resolveFrom } from "./frozen-root.ts";
import type { DataReference } from "./graph.ts";
import { patternHint } from "./path-pattern.ts";

/** The reference, or one sentence why the text is none. Relative paths start from `base`. */
export function parseDataReference(
  text: string,
  base: string,
): { readonly reference: DataReference } | { readonly mistake: string } {
  const trimmed = text.trim();
  if (trimmed === "") return { mistake: "the path is empty" };
  if (trimmed.startsWith("azureml:") || isResourceId(trimmed)) return parseAzureml(trimmed, base);
  if (/^[a-z][a-z0-9+.-]+:\/\/\/*$/i.test(trimmed) && !trimmed.startsWith("file:"))
    return { mistake: `\`${trimmed}\` names no place` };
  if (/^(?:https?|wasbs?|abfss?|adls?|s3|gs):\/\//i.test(trimmed)) {
    return { reference: { kind: "url", url: trimmed } };
  }
  if (
    /^(?:[a-z][a-z0-9+.-]+:\/\/|runs:\/|models:\/)/i.test(trimmed) &&
    !trimmed.startsWith("file:")
  ) {
    const shown = withoutAddressSecrets(trimmed);
    return { mistake: `\`${shown}\` is not a kind of address that Stepwell knows` };
  }
  return { reference: { kind: "local", path: localPath(trimmed, base) } };
}

/** An absolute path from `./x`, `x`, `file:./x` or `file:///x`. */
export function localPath(text: string, base: string): string {
  const bare = text.trim().replace(/^file:(?:\/\/(?=\/))?/, "");
  return resolveFrom(base, bare);
}

/** What to do about a path that leads nowhere. */
export function pathHint(text: string): string {
  if (isOfShell(text))
    return "Write the path in full: `~` and variables of the shell are not filled in.";
  const pattern = patternHint(text.trim());
  if (pattern !== null) return pattern;
  return text.includes("\\")
    ? `Write \`${text.trim().replaceAll("\\", "/")}\`: folders are parted by \`/\`, which Azure's tools on Windows take too.`
    : "Paths are relative to the file that names them.";
}

/** `~/data`, `$HOME/data`, `${HOME}/data`. */
export function isOfShell(text: string): boolean {
  return /^\s*(?:file:)?~(?:\/|$)|\$(?:\w|\{\w)/.test(text);
}

function parseAzureml(
  text: string,
  base: string,
): { readonly reference: DataReference } | { readonly mistake: string } {
  const datastore = DATASTORE.exec(text);
  if (datastore !== null) {
    const [, name = "", rest = ""] = datastore;
    return { reference: { kind: "datastore", datastore: name, path: rest } };
  }
  const output = RUN_OUTPUT.exec(text);
  if (output !== null) {
    const [, run = "", name = "", inside = ""] = output;
    const path = inside === "" ? {} : { path: inside };
    return { reference: { kind: "run_output", run, output: name, ...path } };
  }
  const asset = parseAssetName(text);
  if (asset !== null) {
    const { name, version, label } = asset;
    return { reference: { kind: "asset", name, version, label } };
  }
  // So `dump` of Azure's Python client writes the path, or the address, of every input.
  const dumped = /^azureml:(\.{1,2}\/.*|\/(?!\/).*|[a-z][a-z0-9+.-]*:\/\/.*)$/is.exec(text)?.[1];
  if (dumped !== undefined && !isResourceId(text)) return parseDataReference(dumped, base);
  return { mistake: `\`${text}\` is not a reference to data` };
}

const RUN_OUTPUT =
  /^azureml:\/\/(?:subscriptions\/.*?\/workspaces\/[^/]+\/)?(?:jobs|runs)\/([^/]+)\/outputs\/([^/]+)\/?(?:paths(?:\/(.*?)\/?)?)?$/;

const DATASTORE =
  /^azureml:\/\/(?:subscriptions\/.*?\/workspaces\/[^/]+\/)?datastores\/((?:\$\{\{[^}]*\}\}|[^/])+)(?:\/paths(?=\/|$))?\/?(.*)$/;

/** What to write instead; the hint for every mistake above. */
export const DATA_REFERENCE_FORMS =
  "Write a path, `azureml:name:version`, `azureml:name@label`, `azureml://datastores/NAME/paths/PATH`, `azureml://jobs/RUN/outputs/NAME` (and `/paths/PATH` inside it), or a URL.";
