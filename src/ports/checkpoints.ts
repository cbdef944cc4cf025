// The port to checkpoint folders: what a step saves on its way, which outlasts attempts, runs and engines. Implemented in
// storages/. Two attempts that go on at once never have the same folder.

import type { RecordedData } from "./contents.ts";

export interface CheckpointUse {
  readonly fingerprint: string;
  readonly attemptId: string;
  readonly run: string;
  /** Path of the step. */
  readonly step: string;
  /** True for an attempt that has not ended: a folder that it has is not given to another. */
  readonly goesOn: (attemptId: string) => boolean;
}

export interface Checkpoint {
  /** Absolute path; exists. */
  readonly folder: string;
  /** When the newest file in it was written (milliseconds since 1970); null: there is none. */
  readonly writtenAt: number | null;
}

/** What an attempt reads where it lies, by input: others may write to it meanwhile. */
export type ReadInPlace = Readonly<Record<string, RecordedData>>;

export interface Checkpoints {
  /**
   * The folder of the fingerprint, or one of this run's own while another attempt has that. `empty`: whatever it holds is
   * thrown away first.
   */
  open(use: CheckpointUse, empty: boolean, reads: ReadInPlace): Checkpoint;
  /**
   * What the attempt read that saved last in the folder that `open` would give, unless somebody has vouched for it; null
   * when there is nothing to ask.
   */
  unvouched(use: CheckpointUse): { readonly attemptId: string; readonly reads: ReadInPlace } | null;
  /** The attempt has ended, and has read nothing but what its fingerprint names. */
  vouch(use: CheckpointUse): void;
  /** The step has its result: takes the attempt's folder away, or lets it be the fingerprint's. */
  close(use: CheckpointUse, keep: boolean): void;
}
