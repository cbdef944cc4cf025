// What a datastore is: a named place for bytes or tables, with its credentials as references. Plain JSON data; knows
// nothing of how the place is spoken to, and never holds a secret itself.

/** Where a secret comes from: a variable, a file, or the workspace's secret store. Never its value. */
export type SecretReference =
  | { readonly from: "env"; readonly name: string }
  | { readonly from: "file"; readonly path: string }
  | { readonly from: "store"; readonly name: string };

/** A datastore as `S` holds its secrets: references in records, plain text while it is open. */
export type DatastoreOf<S> =
  | {
      readonly type: "file";
      /** Absolute. */
      readonly path: string;
      /**
       * True: what is written is seen at once, but need not outlast a power cut, because whoever opened it syncs it later or
       * begins anew. Never in a record.
       */
      readonly syncedByCaller?: true;
    }
  | {
      readonly type: "s3";
      readonly bucket: string;
      /** What all keys begin with, without `/` at either end; "" for all of the bucket. */
      readonly prefix: string;
      readonly region: string | null;
      /** Null: AWS itself. */
      readonly endpoint: string | null;
      /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
      readonly pathStyle: boolean;
      readonly credentials: S3Credentials<S>;
    }
  | {
      readonly type: "azure_blob" | "azure_data_lake_gen2";
      readonly account: string;
      /** Container or file system. */
      readonly container: string;
      readonly prefix: string;
      /** Null: `https://ACCOUNT.blob.core.windows.net`; else an address that the container's name is added to. */
      readonly endpoint: string | null;
      readonly credentials: AzureCredentials<S>;
    }
  | {
      readonly type: "gcs";
      readonly bucket: string;
      readonly prefix: string;
      readonly endpoint: string | null;
      readonly credentials: GcsCredentials<S>;
    }
  | {
      readonly type: "sftp";
      readonly host: string;
      readonly port: number;
      readonly user: string;
      /** Absolute folder on the server. */
      readonly path: string;
      /** `SHA256:…` of the server's key as ssh-keygen prints it; null: what `~/.ssh/known_hosts` says. */
      readonly hostKey: string | null;
      readonly credentials: SftpCredentials<S>;
    }
  | {
      readonly type: "http";
      /** Paths are added to it. */
      readonly url: string;
      readonly credentials: HttpCredentials<S>;
    }
  | {
      readonly type: "postgres";
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      readonly ssl: boolean;
      readonly credentials: { readonly kind: "password"; readonly password: S } | Anonymous;
    };

/** Nothing is shown to the place. */
export interface Anonymous {
  readonly kind: "none";
}

/** What the vendor's SDK finds by itself: variables, profiles, instance roles, managed identity. */
export interface Ambient {
  readonly kind: "ambient";
}

export type S3Credentials<S> =
  | {
      readonly kind: "keys";
      readonly accessKeyId: S;
      readonly secretAccessKey: S;
      readonly sessionToken: S | null;
    }
  | Ambient
  | Anonymous;

export type AzureCredentials<S> =
  | { readonly kind: "account_key"; readonly accountKey: S }
  | { readonly kind: "sas_token"; readonly sasToken: S }
  | {
      readonly kind: "client_secret";
      readonly tenantId: string;
      readonly clientId: string;
      readonly clientSecret: S;
    }
  | Ambient
  | Anonymous;

export type GcsCredentials<S> =
  /** Text of the JSON key file. */
  { readonly kind: "service_account"; readonly json: S } | Ambient | Anonymous;

export type SftpCredentials<S> =
  | { readonly kind: "password"; readonly password: S }
  | { readonly kind: "private_key"; readonly privateKey: S; readonly passphrase: S | null }
  /** The user's ssh-agent, else `~/.ssh/id_*`. */
  | Ambient;

export type HttpCredentials<S> =
  | { readonly kind: "bearer"; readonly token: S }
  | { readonly kind: "basic"; readonly user: string; readonly password: S }
  /** What every address ends with, behind its `?`: a signature. */
  | { readonly kind: "query"; readonly query: S }
  | Anonymous;

/** As it is recorded and shown. */
export type DatastoreDefinition = DatastoreOf<SecretReference>;
/** As a backend opens it. */
export type OpenableDatastore = DatastoreOf<string>;
