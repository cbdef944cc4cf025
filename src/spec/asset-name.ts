// Reads the names of registered things: `azureml:name:version`, `azureml:name@label`, `azureml://registries/…`, and
// the resource ids of Azure's workspaces. Knows nothing of whether they exist.

export interface AssetName {
  readonly name: string;
  readonly version: string | null;
  /** Version and label both null mean the latest. */
  readonly label: string | null;
  /** Registry of an `azureml://registries/…` string, else null. */
  readonly registry: string | null;
}

/** The asset that a text names, or null when it has no such form. */
export function parseAssetName(text: string): AssetName | null {
  if (text.startsWith("azureml://")) return parseLongName(text);
  if (isResourceId(text)) return parseLongName(`azureml:/${text.replace(/^azureml:/, "")}`);
  if (!text.startsWith("azureml:")) return null;
  return parseShortName(text.slice("azureml:".length));
}

/** What Azure's tools print as an `id`: `/subscriptions/…`, with `azureml:` before it or without. */
export function isResourceId(text: string): boolean {
  return /^(?:azureml:)?\/subscriptions\//.test(text);
}

/** `name`, `name:version` or `name@label`, without a prefix. */
export function parseShortName(text: string): AssetName | null {
  const match = /^([^\s:@/]+)(?::([^\s:@/]+)|@([^\s:@/]+))?$/.exec(text);
  if (match === null) return null;
  const [, name = "", version = null, label = null] = match;
  return { name, version, label: label === "latest" ? null : label, registry: null };
}

/** `azureml:cpu-cluster`, a long resource id, or `cpu-cluster`: the bare name. */
export function bareName(text: string): string {
  const name = text.trim().replace(/^azureml:/, "");
  return name.startsWith("/") ? (name.split("/").at(-1) ?? name) : name;
}

function parseLongName(text: string): AssetName | null {
  const match = LONG_NAME.exec(text);
  if (match === null) return null;
  const [, registry = null, name = "", version = null, label = null] = match;
  return { name, version, label: label === "latest" ? null : label, registry };
}

const LONG_NAME =
  /^azureml:\/\/(?:registries\/([^/]+)|subscriptions\/.*?\/workspaces\/[^/]+|locations\/[^/]+\/workspaces\/[^/]+)\/(?:components|environments|models|data)\/([^/]+)(?:\/versions\/([^/]+)|\/labels\/([^/]+))?\/?$/;
