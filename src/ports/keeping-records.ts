// The part of the port to records about keeping and removing: what is pinned, what was removed, by whom and when. A removal
// is a mark first, so that nothing is reused any more; then the bytes go, and that is confirmed.

import type { ResultReference } from "../core/event.ts";
import type { Removal } from "../core/removal.ts";
import type { AssetRow } from "./records.ts";

/** What can be pinned. `content`: whatever holds these bytes. */
export interface PinTarget {
  readonly kind: "run" | "data" | "model" | "content";
  /** Of the run; `NAME:VERSION`; the content id. */
  readonly name: string;
}

export interface Pin extends PinTarget {
  readonly by: string;
  readonly at: number;
}

export interface MarkOrder {
  readonly results: readonly (ResultReference & { readonly sizeBytes: number })[];
  readonly mark: Removal;
  /** See `moment`, from before it was decided: where it is another now, nothing is marked. */
  readonly moment: string;
  /** Also the record of this run is to go, once the bytes are gone. */
  readonly forget: string | null;
}

/** Why a result stays although somebody wanted it removed. */
export interface HeldResult extends ResultReference {
  /** `run taxi-3 has no end`, `model trees:1`, `pinned: run taxi-1`. */
  readonly by: string;
}

export type MarkOutcome =
  | {
      readonly kind: "marked";
      readonly results: readonly ResultReference[];
      readonly held: readonly HeldResult[];
    }
  /** Something was submitted, registered or pinned meanwhile: decide anew. */
  | { readonly kind: "changed" };

/** A mark whose bytes may still be there. */
export interface OpenRemoval {
  readonly results: readonly ResultReference[];
  /** Runs whose record is to go as well. */
  readonly forget: readonly string[];
}

export interface KeepingRecords {
  /** What is pinned already stays as it is. */
  pin(pin: Pin): Promise<void>;
  /** False: it was not pinned. */
  unpin(target: PinTarget): Promise<boolean>;
  /** The first pinned first. */
  pins(): Promise<readonly Pin[]>;
  /** Another text whenever a run was submitted, or something registered, removed or pinned. */
  moment(): Promise<string>;
  /**
   * Marks results as removed, in one transaction with the question who refers to them: results of runs without an end or
   * that such runs took over, pinned ones, and ones whose bytes are registered stay. `forget` is all or nothing.
   */
  markRemoved(order: MarkOrder): Promise<MarkOutcome>;
  /** Marks whose end was not confirmed: what a crash left. */
  openRemovals(): Promise<OpenRemoval>;
  confirmRemoved(results: readonly ResultReference[], at: number): Promise<void>;
  /** The marks of results by where they are recorded, in the same order; null for one without. */
  removals(results: readonly ResultReference[]): Promise<readonly (Removal | null)[]>;
  /** Marks a registered version, unless a label means it or it is pinned: then what does. It is not found any more. */
  removeAsset(
    asset: Pick<AssetRow, "kind" | "name" | "version">,
    mark: Removal,
  ): Promise<
    { readonly kind: "marked" } | { readonly kind: "held"; readonly by: readonly string[] }
  >;
  /** A version that was removed, with its mark; null when there is none such. */
  removedAsset(
    asset: Pick<AssetRow, "kind" | "name" | "version">,
  ): Promise<{ readonly asset: AssetRow; readonly removed: Removal } | null>;
  /** Takes all that is recorded of an ended run out of the record. Other runs must not refer to it. */
  forgetRun(run: string): Promise<void>;
  /** Takes a removed version out of the record. */
  forgetAsset(asset: Pick<AssetRow, "kind" | "name" | "version">): Promise<void>;
}
