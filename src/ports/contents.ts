// The port to bytes on this machine: identify, snapshot, capture, publish. Implemented in storages/; the contract
// suite is testing/contracts/contents.ts. Failures that users cause are values, not exceptions.

import type { CodeSnapshot, Content, ContentId, Manifest } from "../core/content.ts";
import type { IgnoredFile } from "../core/failure-causes.ts";
import type { OutputRecord, SeenFile } from "../core/output.ts";
import type { CodeReference, DataType } from "../spec/graph.ts";

export type { CodeSnapshot };

/** Why bytes could not be read, captured or published. `message` is for people and names the path. */
export interface ContentFailure {
  readonly code:
    | "missing_path"
    | "unreadable"
    | "wrong_kind"
    | "link_leaves_folder"
    | "special_file"
    | "missing_output"
    | "changed_while_read"
    | "undeclared_input"
    | "unwatched_python"
    | "upstream_changed"
    | "disk_full"
    | "input_output";
  readonly message: string;
  readonly hint: string | null;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly failure: ContentFailure };

/** Data of the user's: where it lay, and what it was. */
export interface RecordedData {
  readonly path: string;
  readonly content: Content;
}

/** A folder that holds something: its id, and the path inside it. */
export interface Holder {
  readonly folder: ContentId;
  readonly path: string;
}

export interface StageOrder {
  readonly attemptId: string;
  /** Null: an empty work folder. */
  readonly snapshotId: ContentId | null;
  readonly outputs: Readonly<Record<string, DataType>>;
}

/** Folders of an attempt. All exist when `stage` resolves; `outputs` are the paths handed to the command. */
export interface StagedAttempt {
  /** For attempt.jsonl, step.sh, metrics. */
  readonly folder: string;
  readonly workFolder: string;
  /** A `uri_file` output is a path that does not exist yet in a folder that does. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface CaptureOrder {
  readonly attemptId: string;
  /** Run and step decide the final folder: `azureml/<run>/<step path>/<port>/`. */
  readonly run: string;
  readonly step: string;
  readonly outputs: Readonly<Record<string, DataType>>;
  /** Rules by which other bytes count as the same (`sameRule`), by output. */
  readonly same?: Readonly<Record<string, string>>;
  /** Outputs that the command does not name: why nothing was written to them. */
  readonly unnamed?: readonly string[];
  /** True: `./outputs` and `./logs` of the work folder are captured as the artifacts when not empty. */
  readonly captureArtifacts: boolean;
  /** More that belongs to the artifacts; only what lies in the attempt's own folder is taken. */
  readonly left?: readonly LeftFolder[];
}

/** A folder whose entries are artifacts. */
export interface LeftFolder {
  readonly folder: string;
  /** Folder of the artifacts that they come to; `""` for the artifacts' own. What stands there already stays. */
  readonly as: string;
}

export interface Captured {
  readonly outputs: Readonly<Record<string, OutputRecord>>;
  readonly artifacts: OutputRecord | null;
}

/** Of the work folder of an attempt that is over. */
export type Kept = "no" | "newest" | "always";

/**
 * `changed`: it is not what was recorded. `written`: it is now, but somebody wrote to it since the attempt got it, and nobody
 * knows what was read in between.
 */
export type Held = "held" | "written" | "changed";

/** All the file work of a workspace. Content hashing uses a cache that obeys git's racy rule. */
export interface Contents {
  /**
   * Identifies a local file or folder. `expect` checks the kind: a `uri_file` must be a file; a folder type also takes
   * a file (then `kind` is "file"). At once where one look at a file tells: an unchanged run asks this ten thousand times.
   */
  identify(path: string, expect: DataType): Outcome<Content> | Promise<Outcome<Content>>;
  /**
   * Content of files that lie elsewhere and whose ids are known: one file, or the files of a folder by their paths in it. Its
   * seal is that of no file here.
   */
  identifyListed(
    kind: Content["kind"],
    files: readonly { readonly path: string; readonly size: number; readonly id: ContentId }[],
  ): Promise<Content>;
  /** The entries behind a folder's id, for explanations and copies; null when never stored or removed. */
  manifest(id: ContentId): Promise<Manifest | null>;
  /** Folders whose list of files is kept and that hold this file or folder, and where in them. Reads every such list. */
  holders(id: ContentId): Promise<readonly Holder[]>;
  /**
   * True when the recorded bytes are still there unaltered, or can be fetched because they are shared (seal first; hashed again only if the seal differs). At once
   * where a stat tells: an unchanged run asks this ten thousand times.
   */
  verify(
    record: Pick<OutputRecord, "path" | "id" | "seal" | "kind" | "shared">,
  ): boolean | Promise<boolean>;
  /** The first of these that is not as it was seen, by size and time; null when all are. One look at each. */
  firstChanged(files: readonly SeenFile[]): SeenFile | null;
  /** Snapshots code once per call and folder; the bytes are stored under `.stepwell/code/`. */
  snapshot(code: CodeReference): Promise<Outcome<CodeSnapshot>>;
  /** Text of a file in a stored snapshot, for explanations (`features.py (+1 −1)`); null when unknown or binary. */
  snapshotText(snapshotId: ContentId, path: string): Promise<string | null>;
  /**
   * What keeps a file of the user's out of a snapshot, by its path in there; null where nothing does. Of what is not there
   * only if it is said what it would be.
   */
  ignored(
    code: CodeReference,
    path: string,
    expected?: "file" | "folder" | null,
  ): IgnoredFile | null;
  stage(order: StageOrder): Promise<Outcome<StagedAttempt>>;
  /** The folders of an attempt as it left them; null when its work folder is gone. */
  leftBehind(order: Omit<StageOrder, "snapshotId">): StagedAttempt | null;
  /** Hashes, seals and moves the outputs into the store. Not yet durable: see `makeDurable`. */
  capture(order: CaptureOrder): Promise<Outcome<Captured>>;
  /** One sync for everything captured so far; must resolve before the commit that records it. */
  makeDurable(whose: "mine" | "everyone's"): Promise<void>;
  /**
   * What a run relies on that is submitted outlasts a power cut: its code, and files that it reads. Only what was written
   * within the last minute has to be synced.
   */
  makeReadDurable(snapshotIds: readonly ContentId[], paths: readonly string[]): Promise<void>;
  /** One sync for everything below a folder of the workspace. */
  makeTreeDurable(folder: string): Promise<void>;
  /**
   * Copies a captured output to a place of the user's, modes restored: a file over a file; a folder atomically where nothing
   * else lies there, else among what does. Only what the last copy made `by` the same put there is ever removed. Durable
   * when it resolves.
   */
  publish(record: OutputRecord, destination: string, by?: string): Promise<Outcome<void>>;
  /**
   * Copies the user's data into the store, each content once; durable when it resolves. What is there already costs a
   * look. Fails where the bytes are not those of the content any more.
   */
  keep(data: readonly RecordedData[]): Promise<Outcome<void>>;
  /** What is kept under an id, read and found whole; null when there is no such copy. */
  kept(id: ContentId): Promise<Content | null>;
  /**
   * Where an attempt reads recorded data: at its own place while it is unaltered there, else a kept copy laid into the
   * attempt's folder; null when the bytes are nowhere.
   */
  inputPath(attemptId: string, input: string, data: RecordedData): Promise<string | null>;
  /** Whether what the attempt read for the input is what was recorded. */
  inputHeld(attemptId: string, input: string, data: RecordedData): Promise<Held>;
  /**
   * Takes the work folder away; one that is as it was made may serve another attempt. `newest`: leaves it, as long as it
   * is one of the newest ten that are left so; `always`: leaves it, and it does not count among them.
   */
  discard(attemptId: string, keep: Kept): void;
  /** Waits for background work, writes the hash cache, stops workers. */
  close(): Promise<void>;
}
