// The port to what is stored about runs, results and assets. Implemented in records/; one contract suite,
// testing/contracts/records.ts. Every write that returns is durable.

import type { ProcessIdentity } from "../core/attempt.ts";
import type { ReadInput, ResultReference, RunEvent } from "../core/event.ts";
import type { PreImage } from "../core/fingerprint.ts";
import type { Invalidation } from "../core/invalidation.ts";
import type { StepResult } from "../core/output.ts";
import type { Removal } from "../core/removal.ts";
import type { RunStatus } from "../core/status.ts";
import type { DatastoreDefinition } from "../spec/datastore.ts";
import type { KeepingRecords } from "./keeping-records.ts";
import type { LineageIndex } from "./lineage-index.ts";

/** Who started a run, from where: shown, never part of a fingerprint. */
export interface RunOrigin {
  readonly user: string;
  readonly host: string;
  readonly commandLine: readonly string[];
  readonly workingFolder: string;
  /** Definition file as given, or null. */
  readonly file: string | null;
  /** One for each code folder inside a git work tree. */
  readonly git: readonly GitOrigin[];
  /** What was warned of its definition; absent: nothing, or it was not recorded yet. */
  readonly warnings?: readonly string[];
  /** What its definition was read from; absent: its graph says it all, or it was not recorded yet. */
  readonly definition?: {
    /** Id of the document with its text. */
    readonly document: string;
    readonly options: {
      readonly file: string;
      readonly set: readonly { readonly path: string; readonly value: string }[];
      readonly inputs: Readonly<Record<string, string>>;
      readonly compute: string | null;
    };
  };
}

export interface GitOrigin {
  readonly folder: string;
  /** Credentials stripped. */
  readonly repository: string | null;
  readonly branch: string | null;
  readonly commit: string;
  /** Changed since the commit, or with code that git does not know. */
  readonly dirty: boolean;
  /** `git diff HEAD`, cut at 1 MB; null when it has none. */
  readonly diff: string | null;
}

/** Counts for lists; kept with the run so that no list reads events. */
export interface RunCounts {
  readonly total: number;
  readonly ran: number;
  readonly reused: number;
  readonly failed: number;
}

export interface RunRow {
  readonly name: string;
  readonly pipeline: string;
  readonly experiment: string;
  readonly displayName: string | null;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly status: RunStatus;
  readonly createdAt: number;
  /**
   * Its place among all runs, the newest has the highest: `createdAt`, or one more than that of the newest run where the
   * clock was set back since that one.
   */
  readonly order: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly priority: number;
  /** Submitted with --detach: any engine may start its next step. */
  readonly detached: boolean;
  /** While not null and alive, the process that started or resumed the run wants it to go on. */
  readonly owner: ProcessIdentity | null;
  readonly idempotencyKey: string | null;
  /** Document id of the plan. */
  readonly planId: string;
  readonly counts: RunCounts;
  readonly origin: RunOrigin;
  /** True: another workspace made it, and its results came from a shared cache. */
  readonly imported: boolean;
}

/** A run of another workspace. */
export interface ImportedRun {
  readonly run: NewRun;
  readonly update: RunUpdate;
  readonly preImages: CommitBatch["preImages"];
}

/** What `submit` writes; status starts as Queued. */
export type NewRun = Omit<
  RunRow,
  "status" | "order" | "startedAt" | "endedAt" | "counts" | "imported"
> & {
  readonly steps: number;
  /** Body of the plan's document, stored if `planId` is new. */
  readonly planBody: string;
  readonly documents: readonly Document[];
};

export interface Document {
  readonly id: string;
  readonly body: string;
}

/** A recorded success, found by fingerprint. */
export interface ResultRow {
  readonly fingerprint: string;
  readonly staticId: string;
  readonly run: string;
  /** Number of the `step_completed` event that holds the result. */
  readonly seq: number;
  readonly path: string;
  readonly finishedAt: number;
  /** Milliseconds. */
  readonly durationMs: number;
  readonly result: StepResult;
  /** What it read; absent where that was not noted yet. */
  readonly inputs?: Readonly<Record<string, ReadInput>>;
}

/** A part of fingerprints by which results are found. All ids but those of contents may be cut short at the end. */
export type PreImagePart =
  | { readonly kind: "environment" | "code" | "fingerprint"; readonly id: string }
  | { readonly kind: "contents"; readonly ids: readonly string[] };

/** A result with what has become of it since. */
export interface MarkedResult {
  readonly row: ResultRow;
  /** Null: nobody has invalidated it. */
  readonly invalidated: Invalidation | null;
  /** Null: its outputs are there, as far as is recorded. */
  readonly removed: Removal | null;
}

export interface EngineRow {
  readonly epoch: number;
  readonly host: string;
  readonly process: ProcessIdentity;
  readonly heartbeat: number;
}

/** Something a client asked of the engine; handled when it is named in a commit. */
export interface EngineRequest {
  readonly id: number;
  readonly run: string;
  readonly kind: "cancel" | "kill";
  readonly by: string;
}

/** What a commit changes about one run. */
export interface RunUpdate {
  readonly run: string;
  /** The first is number `firstSeq`, the rest follow. */
  readonly firstSeq: number;
  readonly events: readonly RunEvent[];
  /** Paths of the plan's steps, by index. */
  readonly paths: readonly string[];
  readonly status: RunStatus;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly counts: RunCounts;
}

export interface CommitBatch {
  readonly epoch: number;
  /**
   * True: it, and every commit before it, outlasts a power cut. False: it outlasts the death of any process, and a power
   * cut may undo it as if it had never been (see `becomeEngine`): cheap, for what nobody was told is done.
   */
  readonly lasting: boolean;
  readonly at: number;
  readonly updates: readonly RunUpdate[];
  /** Pre-images of fingerprints that ran for the first time. */
  readonly preImages: readonly { readonly fingerprint: string; readonly preImage: PreImage }[];
  /** Results found damaged: never offered again. */
  readonly damaged: readonly { readonly run: string; readonly seq: number }[];
  readonly handledRequests: readonly number[];
}

/** `removed`: a result that it takes over has been removed since it was looked up. */
export type CommitOutcome = "done" | "fenced" | "disk_full" | "removed";

export interface RunFilter {
  readonly experiment?: string;
  readonly pipeline?: string;
  readonly status?: RunStatus;
  /** Only runs that have all of these; null: whatever its value. */
  readonly tags?: readonly (readonly [name: string, value: string | null])[];
  /** Only names that begin with this. */
  readonly namePrefix?: string;
  /** True: runs of other workspaces too. */
  readonly imported?: boolean;
  /** Only those that ended then or later. */
  readonly endedSince?: number;
  /** Created before this run: for the next page. */
  readonly before?: { readonly order: number; readonly name: string };
  readonly limit: number;
}

export type AssetKind = "component" | "data" | "environment" | "model";

export interface AssetRow {
  readonly kind: AssetKind;
  readonly name: string;
  readonly version: string;
  /** Digest of the canonical definition (and content id of data): "the same content". */
  readonly contentId: string;
  readonly definition: string;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly createdBy: string;
  /** The run that made it, or null. */
  readonly run: string | null;
  /** Left out of lists; found by its version all the same. */
  readonly archived: boolean;
}

/** A name that moves from version to version: `train@production`. */
export interface AssetLabel {
  readonly kind: AssetKind;
  readonly name: string;
  readonly label: string;
  readonly version: string;
}

/** A named place for bytes or tables. Unlike an asset it may be changed: what it holds has versions, the place has none. */
export interface DatastoreRow {
  readonly name: string;
  readonly definition: DatastoreDefinition;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** `${{default_datastore}}` of pipelines that name none. At most one is. */
  readonly isDefault: boolean;
  readonly createdAt: number;
  readonly createdBy: string;
}

/** A secret as it is kept: sealed, so that the record alone gives nothing away. */
export interface SealedSecret {
  readonly name: string;
  readonly sealed: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

export type AssetOutcome =
  | { readonly kind: "created"; readonly asset: AssetRow }
  | { readonly kind: "same"; readonly asset: AssetRow }
  | { readonly kind: "conflict"; readonly existing: AssetRow; readonly nextVersion: string };

/** A step that is forced to run every minute has half a million results: nobody looks further back than this. */
export const MOST_RESULTS = 100;

export interface OpenAttempt {
  readonly attemptId: string;
  /** Null: nobody waits for it. */
  readonly fingerprint: string | null;
}

export interface RecordStore extends LineageIndex, KeepingRecords {
  /**
   * Takes the engine row when nobody holds it, when its process is dead (`isAlive` says no), or when its heartbeat is
   * older than the lease. Each taking raises the epoch by one, and above `newest`: one that was seen on this machine, which a
   * record put back from a copy may not know of. When the machine has started anew since the row was written, commits that
   * need not have lasted are taken back first: also by whoever opens the record there only to read.
   */
  becomeEngine(
    me: { readonly host: string; readonly process: ProcessIdentity },
    now: number,
    isAlive: (row: EngineRow) => boolean,
    newest?: number,
  ): Promise<
    /** `inherits`: commits of an engine before this one do not last yet, nor may the outputs that they speak of. */
    | { readonly kind: "engine"; readonly epoch: number; readonly inherits: boolean }
    | { readonly kind: "held"; readonly by: EngineRow }
    /** Nobody can become it: nothing can be written. */
    | { readonly kind: "disk_full" }
  >;
  engine(): Promise<EngineRow | null>;
  /** Gives the row back if `epoch` still holds it. */
  releaseEngine(epoch: number): Promise<void>;
  /**
   * All or nothing; "fenced" when another epoch holds the engine row, "disk_full" when there is no room: the same batch may
   * then be committed later; "removed": never, it must be decided anew. Renews the heartbeat.
   */
  commit(batch: CommitBatch): Promise<CommitOutcome>;

  /**
   * Durable when it resolves. The same idempotency key gives the run that it made the first time. `onClaim` is called once
   * the name is this run's and before anybody can see the run; when it throws, there is no run.
   */
  submit(
    run: NewRun,
    onClaim?: () => void,
  ): Promise<
    | { readonly kind: "created" }
    | { readonly kind: "repeated"; readonly run: RunRow }
    | { readonly kind: "name_taken"; readonly run: RunRow }
  >;
  /**
   * Writes a run that another workspace made: whole, or not at all, or not because a run of its name is there. It is found by
   * its name and its results by their fingerprints; lists leave it out. A result whose fingerprint was invalidated here after it
   * was made is invalidated too.
   */
  importRun(run: ImportedRun): Promise<"created" | "there">;
  /** The process that wants the run to go on now (resume, follow); null gives it up. */
  setOwner(run: string, owner: ProcessIdentity | null, detached: boolean): Promise<void>;
  request(run: string, kind: EngineRequest["kind"], by: string, at: number): Promise<void>;
  requests(): Promise<readonly EngineRequest[]>;

  /** Changes whenever another connection has committed, or this one was asked for something: a cheap "look again". */
  changes(): number;
  /** Its file was removed, moved or replaced since it was opened: what is recorded from now on, nobody will read. */
  isGone(): boolean;
  run(name: string): Promise<RunRow | null>;
  runs(filter: RunFilter): Promise<readonly RunRow[]>;
  /** Runs without an end, oldest first. */
  openRuns(): Promise<readonly RunRow[]>;
  /** Events after number `after`, in order; null stands for one that is damaged. */
  events(run: string, after: number): Promise<readonly (RunEvent | null)[]>;
  /** Attempts of a run without an end, also where its events cannot be read. */
  openAttempts(run: string): Promise<readonly OpenAttempt[]>;
  document(id: string): Promise<string | null>;
  /** What follows `prefix` in the ids that begin with it. */
  documentIds(prefix: string): Promise<readonly string[]>;
  putDocuments(documents: readonly Document[]): Promise<void>;

  /** The results of a fingerprint that can be reused, newest first; of more than MOST_RESULTS the newest. */
  results(fingerprint: string): Promise<readonly ResultRow[]>;
  /** For each fingerprint the newest of those. */
  newestUsable(fingerprints: readonly string[]): Promise<ReadonlyMap<string, ResultRow>>;
  /** The newest result of a fingerprint, damaged, invalidated and removed ones too; null when there is none. */
  newestResult(fingerprint: string): Promise<MarkedResult | null>;
  /** The marks of results by where they are recorded, in the same order; null for one without a mark. */
  invalidations(results: readonly ResultReference[]): Promise<readonly (Invalidation | null)[]>;
  /** Marks results so that they are never offered again; a mark that stands already stays. Durable when it resolves. */
  invalidate(results: readonly ResultReference[], mark: Invalidation): Promise<void>;
  /** Every result of this fingerprint, or whose fingerprint holds this environment, code, or one of these inputs. */
  resultsWith(part: PreImagePart): Promise<readonly ResultRow[]>;
  /** The fingerprint of one result by where it is recorded. */
  fingerprintAt(reference: ResultReference): Promise<string | null>;
  /** Every result that a run made itself, damaged ones too. */
  resultsOf(run: string): Promise<readonly ResultRow[]>;
  /** Fingerprints that have an undamaged result with this static id: "could any data make this a hit?" */
  fingerprintsWithStaticId(staticId: string): Promise<readonly string[]>;
  preImage(fingerprint: string): Promise<PreImage | null>;
  /** Is any result, whole or damaged, recorded for it? */
  resultState(fingerprint: string): Promise<"none" | "whole" | "damaged">;

  /** `version` null: the next free number. */
  createAsset(
    asset: Omit<AssetRow, "version" | "archived"> & { readonly version: string | null },
  ): Promise<AssetOutcome>;
  /** Lets a label mean this version from now on; null when there is no such version. */
  labelAsset(label: AssetLabel, by: string, at: number): Promise<AssetRow | null>;
  /** Labels of a name, by label. */
  labels(kind: AssetKind, name: string): Promise<readonly AssetLabel[]>;
  /** `version` null and `label` null or `latest`: the newest. */
  asset(
    kind: AssetKind,
    name: string,
    version: string | null,
    label: string | null,
  ): Promise<AssetRow | null>;
  assets(kind: AssetKind, name: string | null): Promise<readonly AssetRow[]>;
  /** Changes what may change of an asset; null when there is no such version. */
  changeAsset(
    asset: Pick<AssetRow, "kind" | "name" | "version">,
    change: Partial<Pick<AssetRow, "description" | "tags" | "archived">>,
  ): Promise<AssetRow | null>;

  /** Writes it over one of the same name. */
  putDatastore(row: DatastoreRow): Promise<void>;
  datastores(): Promise<readonly DatastoreRow[]>;
  /** False: there is none. */
  deleteDatastore(name: string): Promise<boolean>;
  putSecret(secret: SealedSecret): Promise<void>;
  secret(name: string): Promise<SealedSecret | null>;
  secrets(): Promise<readonly Omit<SealedSecret, "sealed">[]>;
  /** False: there is none. */
  deleteSecret(name: string): Promise<boolean>;

  close(): Promise<void>;
}
