// What one attempt of a data_transfer step is to do, as it is written for the program that does it. Plain JSON data that
// holds paths and names of datastores, and never a secret.

import type { TransferSettings } from "../spec/transfer-settings.ts";
import type { RemoteOrigin } from "./plan.ts";

export interface TransferInput {
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Where it lies here; for what is read where it lies elsewhere, its address. */
  readonly path: string;
  /** Null: it lies at `path`. */
  readonly remote: RemoteOrigin | null;
}

export interface TransferStepOrder {
  readonly settings: TransferSettings;
  readonly inputs: readonly TransferInput[];
  /** Null for an export. */
  readonly output: {
    readonly path: string;
    readonly kind: "file" | "folder";
    /** An MLTable file makes it a table of Azure ML. */
    readonly isTable: boolean;
  } | null;
  /** For the journal of an export that goes on after a crash; of everything else nothing is left. */
  readonly journalFolder: string;
}
