// The port to checkpoint folders: what a step saves on its way, which outlasts attempts, runs and engines. Implemented in
// storages/. Two attempts that go on at once never have the same folder.

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

export interface Checkpoints {
  /**
   * The folder of the fingerprint, or one of this run's own while another attempt has that. `empty`: whatever it holds is
   * thrown away first.
   */
  open(use: CheckpointUse, empty: boolean): Checkpoint;
  /** The step has its result: takes the attempt's folder away, or lets it be the fingerprint's. */
  close(use: CheckpointUse, keep: boolean): void;
}
