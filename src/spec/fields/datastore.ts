// The fields of a datastore: Azure's kinds as `az ml` writes them, and ours. Knows nothing of how a place is spoken to.

import {
  ANY,
  BOOLEAN,
  extension,
  type Field,
  type FieldTable,
  type FieldType,
  integerFrom,
  mapOf,
  oneOf,
  oneWordOf,
  optional,
  record,
  required,
  SCALAR,
  STRING,
  table,
  tagged,
} from "./field.ts";

const secretSource = table("a secret", {
  env: extension(STRING, "The variable that holds it."),
  file: extension(STRING, "The file that holds it, relative to this one."),
  secret: extension(STRING, "Its name in the workspace's secrets (`stepwell secret set NAME`)."),
});

/** The value itself is taken into the workspace's secrets when the datastore is registered. */
const SECRET: FieldType = oneOf(
  STRING,
  record(() => secretSource),
);

function credentials(fields: Readonly<Record<string, Field>>, ambient: string): Field {
  const doc = `How to show who you are; \`none\` for nobody, \`ambient\` (as without it) for ${ambient}.`;
  return optional(
    oneOf(
      STRING,
      record(() => table("credentials", fields)),
    ),
    doc,
  );
}

const secret = (doc: string): Field => optional(SECRET, doc);
const PREFIX = extension(STRING, "What all paths begin with; all of it unless given.");

const azureCredentials = credentials(
  {
    account_key: secret("The key of the storage account."),
    sas_token: secret("A shared access signature, with or without its `?`."),
    tenant_id: optional(STRING, "The tenant of a service principal."),
    client_id: optional(STRING, "The id of a service principal."),
    client_secret: secret("The secret of a service principal."),
    resource_url: optional(STRING, "Accepted and kept; without effect."),
    authority_url: optional(STRING, "Accepted and kept; without effect."),
  },
  "what Azure's own client finds: variables, a managed identity, `az login`",
);

const azure = {
  account_name: required(STRING, "The storage account."),
  protocol: optional(
    oneWordOf("https", "http", "wasbs", "wasb", "abfss", "abfs"),
    "`https` unless given; Azure's own words mean https, or without the `s` http.",
  ),
  endpoint: optional(STRING, "`core.windows.net` unless given, or a whole address of the account."),
  prefix: PREFIX,
  credentials: azureCredentials,
};

/** What each kind has of its own. */
const KINDS = {
  file: { path: required(STRING, "The folder, relative to this file.") },
  azure_blob: { ...azure, container_name: required(STRING, "The container.") },
  azure_data_lake_gen2: { ...azure, filesystem: required(STRING, "The file system.") },
  s3: {
    bucket: required(STRING, "The bucket."),
    prefix: PREFIX,
    region: optional(STRING, "Its region; what the variables or the profile say unless given."),
    endpoint: optional(STRING, "Address of another server than AWS."),
    path_style: optional(
      BOOLEAN,
      "Whether the bucket stands in the path; `true` where `endpoint` is given.",
    ),
    credentials: credentials(
      {
        access_key_id: secret("The key's id."),
        secret_access_key: secret("The key."),
        session_token: secret("Of temporary credentials."),
      },
      "what AWS's own client finds: variables, a profile, the role of the machine",
    ),
  },
  gcs: {
    bucket: required(STRING, "The bucket."),
    prefix: PREFIX,
    endpoint: optional(STRING, "Address of another server than Google's."),
    credentials: credentials(
      { service_account: secret("The text of a key file (`{file: key.json}` reads it).") },
      "what Google's own client finds: variables, `gcloud auth`, the role of the machine",
    ),
  },
  sftp: {
    host: required(STRING, "The server."),
    port: optional(integerFrom(1), "22 unless given."),
    user: required(STRING, "The user there."),
    path: required(STRING, "Absolute folder on the server."),
    host_key: optional(
      STRING,
      "Fingerprint of the server's key (`SHA256:…`); what `~/.ssh/known_hosts` says unless given.",
    ),
    credentials: credentials(
      {
        password: secret("The user's password."),
        private_key: secret("The text of a private key (`{file: id_ed25519}` reads it)."),
        passphrase: secret("Of the private key."),
      },
      "the ssh agent, or a key in `~/.ssh`",
    ),
  },
  http: {
    url: required(STRING, "The address that paths are added to."),
    credentials: credentials(
      {
        token: secret("A bearer token."),
        user: optional(STRING, "Of basic authentication."),
        password: secret("Of basic authentication."),
        query: secret("What every address ends with, behind its `?`: a signature."),
      },
      "nobody",
    ),
  },
  postgres: {
    host: required(STRING, "The server."),
    port: optional(integerFrom(1), "5432 unless given."),
    database: required(STRING, "The database."),
    user: required(STRING, "The user there."),
    ssl: optional(BOOLEAN, "Whether the connection is encrypted and its certificate checked."),
    credentials: credentials({ password: secret("The user's password.") }, "nobody"),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Field>>>>;

/** Kinds of Azure's that are known and cannot be used, each with the way out. */
export const UNUSABLE_DATASTORES: Readonly<Record<string, string>> = {
  azure_file: "mount the share and register the folder: `type: file`",
  azure_data_lake_gen1: "Azure has retired it: move the data to `azure_data_lake_gen2`",
  hdfs: "copy the data with `hdfs dfs -get`, or reach it through an S3 or SFTP gateway",
  one_lake: "reach it as `azure_data_lake_gen2` with `endpoint: fabric.microsoft.com`",
};

const HEAD = {
  $schema: optional(STRING, "Address of the editor schema."),
  name: required(STRING, "The datastore's name."),
  description: optional(STRING, "What it is."),
  tags: optional(mapOf(SCALAR), "Labels to find it by."),
  default: extension(BOOLEAN, "Whether `${{default_datastore}}` means it."),
  id: optional(STRING, "Read-only; ignored here."),
  properties: optional(mapOf(ANY), "Free settings."),
  creation_context: optional(ANY, "Read-only; ignored here."),
};

const TYPE_DOCS: Readonly<Record<keyof typeof KINDS, string>> = {
  file: "`file`: a folder of this machine.",
  azure_blob: "`azure_blob`: a container of Azure Blob Storage.",
  azure_data_lake_gen2: "`azure_data_lake_gen2`: a file system of Azure Data Lake Storage.",
  s3: "`s3`: a bucket of Amazon S3, or of a server that speaks like it.",
  gcs: "`gcs`: a bucket of Google Cloud Storage.",
  sftp: "`sftp`: a folder of an SSH server.",
  http: "`http`: files behind an address, to read.",
  postgres: "`postgres`: tables of a PostgreSQL database.",
};

function tables(head: Readonly<Record<string, Field>>): Readonly<Record<string, FieldTable>> {
  return Object.fromEntries(
    Object.entries(KINDS).map(([type, fields]) => [
      type,
      table("a datastore", {
        ...head,
        type: required(oneWordOf(type), TYPE_DOCS[type as keyof typeof KINDS]),
        ...fields,
      }),
    ]),
  );
}

const { description, tags } = HEAD;

/** As an entry of `datastores` in stepwell.yml, where the key is the name. */
export const datastoreEntry: FieldType = tagged(() => tables({ description, tags }));

/** By type: a file of its own. */
export const datastoreFiles = tables(HEAD);
