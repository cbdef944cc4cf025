// Reads addresses of clouds: which bucket or container one names, and the path in it. Knows nothing of reaching them.

import type { DatastoreDefinition } from "./datastore.ts";

export interface CloudAddress {
  readonly definition: CloudDefinition;
  readonly path: string;
}

export type CloudDefinition = Extract<
  DatastoreDefinition,
  { readonly bucket: string } | { readonly container: string }
>;

/** `s3://`, `gs://`, `wasb(s)://` and `abfs(s)://` addresses, and those of blobs by https that are no public file. */
export function parseCloudAddress(url: string): CloudAddress | null {
  const web = /^https:\/\/([^/?#@]+)\/([^?#]*\/)$/i.exec(url);
  if (web !== null) return azureAddress(web[1] ?? "", decoded(web[2] ?? ""));
  const parts = /^(s3|gs|wasbs?|abfss?):\/\/([^/]+)\/?(.*)$/i.exec(url);
  if (parts === null) return null;
  const [, scheme = "", authority = "", rest = ""] = parts;
  const credentials = { kind: "ambient" } as const;
  // Of these a key stands as it is, as all their tools take it: engines escape values of partitions in it (`at=10%3A30`).
  switch (scheme.toLowerCase()) {
    case "s3":
      return {
        path: rest,
        definition: {
          type: "s3",
          bucket: authority,
          prefix: "",
          region: null,
          endpoint: null,
          pathStyle: false,
          credentials,
        },
      };
    case "gs":
      return {
        path: rest,
        definition: { type: "gcs", bucket: authority, prefix: "", endpoint: null, credentials },
      };
    default:
      return azureAddress(authority, decoded(rest));
  }
}

/** `CONTAINER@ACCOUNT.blob.core.windows.net/PATH`, or with the container as the first part of the path. */
function azureAddress(authority: string, path: string): CloudAddress | null {
  const parts = /^(?:([^@]+)@)?([^.@]+)\.(?:blob|dfs)\.([^/]+)$/.exec(authority);
  if (parts === null) return null;
  const [, given, account = "", suffix = ""] = parts;
  const [first = "", ...rest] = path.split("/");
  const container = given ?? first;
  if (container === "") return null;
  const endpoint = suffix === "core.windows.net" ? null : `https://${account}.blob.${suffix}`;
  const credentials = { kind: "ambient" } as const;
  return {
    path: given === undefined ? rest.join("/") : path,
    definition: { type: "azure_blob", account, container, prefix: "", endpoint, credentials },
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
