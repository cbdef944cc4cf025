// The part of the port to records that answers by content: which step runs made some bytes, which read them, under which
// names they are registered. Written with each result, in the same transaction.

import type { ResultReference } from "../core/event.ts";
import type { AssetRow, ResultRow } from "./records.ts";

/** An output or input of a recorded step run. */
export interface PortUse extends ResultReference {
  readonly port: string;
  /** When the step run ended (milliseconds since 1970). */
  readonly at: number;
}

/** The first of them, and how many there are in all. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

export interface ReaderFilter {
  /**
   * `any`: however they came by the bytes; `outside`: as data that no step of their run made; a result: as an output of it,
   * or from outside.
   */
  readonly of: "any" | "outside" | ResultReference;
  /** Only step runs that ended after this moment. */
  readonly after: number | null;
  readonly limit: number;
}

export interface LineageIndex {
  /** Outputs with these bytes (or that count as these), the first made first; with `before`, only earlier ones. */
  makers(
    id: string,
    filter: { readonly before: number | null; readonly limit: number },
  ): Promise<Page<PortUse>>;
  /** Inputs that read these bytes, newest first. */
  readers(id: string, filter: ReaderFilter): Promise<Page<PortUse>>;
  /** Data and models registered with these bytes, the first registered first. */
  assetsWith(id: string): Promise<readonly AssetRow[]>;
  /** Ids that begin with `prefix`, of outputs, inputs, data and models. */
  contentIds(prefix: string, limit: number): Promise<readonly string[]>;
  /** Results by where they are recorded, in the same order; null for one that is not. */
  resultsAt(results: readonly ResultReference[]): Promise<readonly (ResultRow | null)[]>;
  /** Runs that took over results of this run, newest first. */
  reusersOf(run: string): Promise<readonly string[]>;
  /** Results of other runs that this run took over. */
  reusedBy(run: string): Promise<readonly ResultReference[]>;
}
