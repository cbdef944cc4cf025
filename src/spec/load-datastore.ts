// Reads a datastore: a file of its own, or an entry of stepwell.yml. A secret is a reference, or the value itself where the
// user wrote it there; nothing here shows one.

import { addressSecrets } from "./address-secret.ts";
import { localPath } from "./data-reference.ts";
import type {
  Ambient,
  AzureCredentials,
  DatastoreOf,
  GcsCredentials,
  HttpCredentials,
  S3Credentials,
  SecretReference,
  SftpCredentials,
} from "./datastore.ts";
import { datastoreNameProblem } from "./datastore-name.ts";
import { checkFields } from "./fields/check-fields.ts";
import { datastoreFiles, UNUSABLE_DATASTORES } from "./fields/datastore.ts";
import { texts } from "./job/job-head.ts";
import { SPEC_LIMITS } from "./limits.ts";
import { own } from "./own-keys.ts";
import type { Problem } from "./problem.ts";
import { type Place, problemAt } from "./problem-at.ts";
import { readMapping } from "./read-tree.ts";
import { get, getMapping, getSet, getText, isNull, type TreeMapping } from "./tree.ts";

/** A secret as the user wrote it; `value` is the secret itself, or a reference. */
export type WrittenSecret = SecretReference | { readonly from: "text"; readonly value: string };

export type WrittenDatastore = DatastoreOf<WrittenSecret>;

export interface LoadedDatastore {
  readonly name: string;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly isDefault: boolean;
  readonly definition: WrittenDatastore;
}

/** Reads the text of a datastore's file. Null when any problem is an error. */
export function loadDatastore(
  text: string,
  file: string,
  folder: string,
): { readonly datastore: LoadedDatastore | null; readonly problems: readonly Problem[] } {
  const { datastore, problems } = load(text, file, folder);
  // A line of it may hold a secret.
  return { datastore, problems: problems.map((problem) => ({ ...problem, hidesLine: true })) };
}

function load(
  text: string,
  file: string,
  folder: string,
): { readonly datastore: LoadedDatastore | null; readonly problems: readonly Problem[] } {
  const { root, problems: syntax } = readMapping(text, file, SPEC_LIMITS);
  const problems = [...syntax];
  if (root === null) return { datastore: null, problems };
  const type = getText(root, "type");
  const table = type === null ? undefined : own(datastoreFiles, type);
  if (table === undefined) {
    problems.push(unknownType(root, type));
    return { datastore: null, problems };
  }
  checkFields(root, table, (problem) => problems.push(problem));
  const name = getText(root, "name");
  const badName = name === null ? null : datastoreNameProblem(name, get(root, "name"));
  if (badName !== null) problems.push(badName);
  const definition = readDatastore(root, folder, problems);
  const failed = problems.some((problem) => problem.severity === "error");
  if (failed || definition === null || name === null) return { datastore: null, problems };
  const datastore = {
    name,
    description: getText(root, "description"),
    tags: texts(getMapping(root, "tags")),
    isDefault: getText(root, "default")?.toLowerCase() === "true",
    definition,
  };
  return { datastore, problems };
}

/** The secrets that stand in a definition themselves. */
export function writtenSecrets(datastore: WrittenDatastore): readonly string[] {
  const found: string[] = [];
  withSecrets(datastore, (_, secret) => {
    if (secret.from === "text") found.push(secret.value);
    return secret;
  });
  return found;
}

/** The same with each secret replaced; `field` is its name under `credentials`. */
export function withSecrets<From extends object, To>(
  datastore: DatastoreOf<From>,
  replace: (field: string, secret: From) => To,
): DatastoreOf<To> {
  if (!("credentials" in datastore)) return datastore;
  const credentials = Object.entries(datastore.credentials).map(([field, value]) => [
    field,
    // Everything else there is a text or nothing.
    typeof value === "object" && value !== null ? replace(field, value as From) : value,
  ]);
  return { ...datastore, credentials: Object.fromEntries(credentials) } as DatastoreOf<To>;
}

function unknownType(root: TreeMapping, type: string | null): Problem {
  const place = get(root, "type") ?? root;
  const known = Object.keys(datastoreFiles).map((one) => `\`${one}\``);
  const hint = `Use one of ${known.join(", ")}.`;
  if (type === null) return problemAt(place, "missing_field", "a datastore needs `type`", hint);
  const wayOut = Object.hasOwn(UNUSABLE_DATASTORES, type) ? UNUSABLE_DATASTORES[type] : undefined;
  if (wayOut === undefined)
    return problemAt(place, "unknown_value", `\`${type}\` is not a type of datastore`, hint);
  const message = `a datastore of type \`${type}\` cannot be used from here`;
  return problemAt(place, "unsupported_datastore", message, `${capital(wayOut)}.`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The definition of a mapping that was checked; null where a field is missing. */
export function readDatastore(
  node: TreeMapping,
  folder: string,
  problems: Problem[],
): WrittenDatastore | null {
  const reader = new DatastoreReader(node, folder, problems);
  const definition = reader.read(getText(node, "type") ?? "");
  return reader.isWhole ? definition : null;
}

class DatastoreReader {
  isWhole = true;
  readonly #node: TreeMapping;
  readonly #folder: string;
  readonly #problems: Problem[];

  constructor(node: TreeMapping, folder: string, problems: Problem[]) {
    this.#node = node;
    this.#folder = folder;
    this.#problems = problems;
  }

  read(type: string): WrittenDatastore | null {
    switch (type) {
      case "file":
        return { type, path: localPath(this.#needed("path"), this.#folder) };
      case "azure_blob":
      case "azure_data_lake_gen2":
        return this.#azure(type);
      case "s3":
        return this.#s3();
      case "gcs":
        return {
          type,
          bucket: this.#needed("bucket"),
          prefix: this.#prefix(),
          endpoint: this.#address("endpoint"),
          credentials: this.#gcsCredentials(),
        };
      case "sftp":
        return this.#sftp();
      case "http":
        return {
          type,
          url: this.#address("url") ?? this.#needed("url"),
          credentials: this.#httpCredentials(),
        };
      case "postgres":
        return this.#postgres();
      default:
        return null;
    }
  }

  #azure(type: "azure_blob" | "azure_data_lake_gen2"): WrittenDatastore {
    const account = this.#needed("account_name");
    const word = getText(this.#node, "protocol") ?? "https";
    const protocol = word.endsWith("s") ? "https" : "http";
    const written = getText(this.#node, "endpoint");
    const isAddress = written !== null && /^https?:\/\//i.test(written);
    const endpoint = isAddress
      ? this.#address("endpoint")
      : written === null && protocol === "https"
        ? null
        : `${protocol}://${account}.blob.${written ?? "core.windows.net"}`;
    return {
      type,
      account,
      container: this.#needed(type === "azure_blob" ? "container_name" : "filesystem"),
      prefix: this.#prefix(),
      endpoint,
      credentials: this.#azureCredentials(),
    };
  }

  #azureCredentials(): AzureCredentials<WrittenSecret> {
    const given = this.#credentials();
    if (given === "none" || given === "ambient") return { kind: given };
    const accountKey = this.#secret(given, "account_key");
    if (accountKey !== null) return { kind: "account_key", accountKey };
    const sasToken = this.#secret(given, "sas_token");
    if (sasToken !== null) return { kind: "sas_token", sasToken };
    const clientSecret = this.#secret(given, "client_secret");
    const [tenantId, clientId] = [getText(given, "tenant_id"), getText(given, "client_id")];
    if (clientSecret !== null && tenantId !== null && clientId !== null)
      return { kind: "client_secret", tenantId, clientId, clientSecret };
    return this.#incomplete(
      given,
      "`account_key`, `sas_token`, or `tenant_id`, `client_id` and `client_secret`",
    );
  }

  #s3(): WrittenDatastore {
    const endpoint = this.#address("endpoint");
    const style = getText(this.#node, "path_style");
    return {
      type: "s3",
      bucket: this.#needed("bucket"),
      prefix: this.#prefix(),
      region: getText(this.#node, "region"),
      endpoint,
      pathStyle: style === null ? endpoint !== null : style.toLowerCase() === "true",
      credentials: this.#s3Credentials(),
    };
  }

  #s3Credentials(): S3Credentials<WrittenSecret> {
    const given = this.#credentials();
    if (given === "none" || given === "ambient") return { kind: given };
    const accessKeyId = this.#secret(given, "access_key_id");
    const secretAccessKey = this.#secret(given, "secret_access_key");
    if (accessKeyId === null || secretAccessKey === null)
      return this.#incomplete(given, "`access_key_id` and `secret_access_key`");
    const sessionToken = this.#secret(given, "session_token");
    return { kind: "keys", accessKeyId, secretAccessKey, sessionToken };
  }

  #gcsCredentials(): GcsCredentials<WrittenSecret> {
    const given = this.#credentials();
    if (given === "none" || given === "ambient") return { kind: given };
    const json = this.#secret(given, "service_account");
    return json === null
      ? this.#incomplete(given, "`service_account`")
      : { kind: "service_account", json };
  }

  #sftp(): WrittenDatastore {
    const at = this.#needed("path");
    if (at !== "" && !at.startsWith("/"))
      this.#mistake(
        getSet(this.#node, "path") ?? this.#node,
        `\`${at}\` is not an absolute folder of the server`,
        "Write it from `/` on.",
      );
    return {
      type: "sftp",
      host: this.#needed("host"),
      port: this.#port(22),
      user: this.#needed("user"),
      path: at.length > 1 ? at.replace(/\/+$/, "") : at,
      hostKey: getText(this.#node, "host_key"),
      credentials: this.#sftpCredentials(),
    };
  }

  #sftpCredentials(): SftpCredentials<WrittenSecret> {
    const given = this.#credentials();
    if (given === "none" || given === "ambient") return { kind: "ambient" };
    const password = this.#secret(given, "password");
    if (password !== null) return { kind: "password", password };
    const privateKey = this.#secret(given, "private_key");
    if (privateKey === null) return this.#incomplete(given, "`password` or `private_key`");
    return { kind: "private_key", privateKey, passphrase: this.#secret(given, "passphrase") };
  }

  #httpCredentials(): HttpCredentials<WrittenSecret> {
    const given = this.#credentials();
    if (given === "none" || given === "ambient") return { kind: "none" };
    const token = this.#secret(given, "token");
    if (token !== null) return { kind: "bearer", token };
    const query = this.#secret(given, "query");
    if (query !== null) return { kind: "query", query };
    const [user, password] = [getText(given, "user"), this.#secret(given, "password")];
    if (user !== null && password !== null) return { kind: "basic", user, password };
    this.#incomplete(given, "`token`, `query`, or `user` and `password`");
    return { kind: "none" };
  }

  #postgres(): WrittenDatastore {
    const given = this.#credentials();
    const password = typeof given === "string" ? null : this.#secret(given, "password");
    if (typeof given !== "string" && password === null) this.#incomplete(given, "`password`");
    return {
      type: "postgres",
      host: this.#needed("host"),
      port: this.#port(5432),
      database: this.#needed("database"),
      user: this.#needed("user"),
      ssl: getText(this.#node, "ssl")?.toLowerCase() === "true",
      credentials: password === null ? { kind: "none" } : { kind: "password", password },
    };
  }

  #needed(key: string): string {
    const text = getText(this.#node, key);
    if (text === null || text === "") this.isWhole = false;
    return text ?? "";
  }

  #prefix(): string {
    const prefix = (getText(this.#node, "prefix") ?? "").replace(/^\/+|\/+$/g, "");
    if (prefix.split("/").some((part) => part === "." || part === ".."))
      this.#mistake(
        getSet(this.#node, "prefix") ?? this.#node,
        `\`${prefix}\` cannot be what paths begin with`,
        "Write it without `.` and `..`.",
      );
    return prefix;
  }

  #port(fallback: number): number {
    const port = Number(getText(this.#node, "port") ?? fallback);
    if (port > 65_535)
      this.#mistake(getSet(this.#node, "port") ?? this.#node, `${port} is no port`, null);
    return port;
  }

  /** An http(s) address without `/` at its end and without a user in it. */
  #address(key: string): string | null {
    const text = getText(this.#node, key);
    if (text === null) return null;
    const url = URL.canParse(text) ? new URL(text) : null;
    const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
    if (!isWeb || url?.username !== "" || url.password !== "") {
      // An address may hold a password: it is not shown.
      const message = isWeb
        ? `\`${key}\` holds a user or password`
        : `\`${key}\` is no http or https address`;
      const hint = isWeb ? "Write them under `credentials`." : "Write it like `https://host:port`.";
      this.#mistake(null, message, hint);
    }
    if (addressSecrets(text).some(({ what }) => what === "signature"))
      this.#mistake(
        null,
        `\`${key}\` holds a signature`,
        "Write it under `credentials`: `sas_token`, or of `http` `query`.",
      );
    return text.replace(/\/+$/, "");
  }

  #credentials(): TreeMapping | "none" | "ambient" {
    const node = getSet(this.#node, "credentials");
    if (node?.kind === "mapping" && node.entries.size > 0) return node;
    if (node?.kind !== "scalar" || node.text === "ambient") return "ambient";
    if (node.text === "none") return "none";
    // It may be a secret: it is not shown.
    this.#mistake(node, "`credentials` must be a mapping, `none` or `ambient`", null);
    return "ambient";
  }

  #secret(credentials: TreeMapping, key: string): WrittenSecret | null {
    const node = getSet(credentials, key);
    if (node === null || isNull(node)) return null;
    if (node.kind === "scalar") return { from: "text", value: node.text };
    if (node.kind === "list") return null;
    const [env, file, name] = [
      getText(node, "env"),
      getText(node, "file"),
      getText(node, "secret"),
    ];
    const given = [env, file, name].filter((one) => one !== null);
    if (given.length !== 1)
      this.#mistake(node, `\`${key}\` needs one of \`env\`, \`file\` and \`secret\``, null);
    if (env !== null) return { from: "env", name: env };
    if (file !== null) return { from: "file", path: localPath(file, this.#folder) };
    return { from: "store", name: name ?? "" };
  }

  #incomplete(node: TreeMapping, needed: string): Ambient {
    this.#mistake(node, `these credentials need ${needed}`, null);
    return { kind: "ambient" };
  }

  #mistake(place: Place | null, message: string, hint: string | null): void {
    this.isWhole = false;
    this.#problems.push(problemAt(place, "bad_datastore", message, hint));
  }
}
