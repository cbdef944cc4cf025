// What an operation works on: one workspace with its backends already chosen. Made by the composition root; knows no
// backend by name.

import path from "node:path";
import type { ProcessIdentity } from "../core/attempt.ts";
import { digest } from "../core/digest.ts";
import type { OutputRecord } from "../core/output.ts";
import type { Demand } from "../core/plan.ts";
import type { Supply } from "../core/schedule.ts";
import type { EnginePorts, Sought } from "../engine/engine-ports.ts";
import type { PlanReader } from "../engine/plan-reader.ts";
import type { Clock, Random } from "../ports/clock.ts";
import type { Contents } from "../ports/contents.ts";
import type { EnvironmentLocks, Environments } from "../ports/environments.ts";
import type { ProcessPort } from "../ports/process.ts";
import type { AssetKind, RecordStore } from "../ports/records.ts";
import type { DiskSpace } from "../ports/space.ts";
import type { Storage } from "../ports/storage.ts";
import type { Tables } from "../ports/tables.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";
import type { WorkspaceConfig } from "../spec/workspace-config.ts";
import type { Refusal } from "./refusal.ts";

export interface Workspace {
  /** Folder that holds `.stepwell/`. */
  readonly folder: string;
  /** Where `stepwell.yml` lies: its folder, or what would be that where a workspace is not made for a mere look. */
  readonly home: string;
  readonly config: WorkspaceConfig;
  readonly records: RecordStore;
  readonly registering: RegisterCommand;
  readonly plans: PlanReader;
  readonly contents: Contents;
  readonly space: DiskSpace;
  /** `locked`: fail rather than resolve an environment that has no lock. */
  readonly environments: (locked: boolean, locksFolder?: string) => Environments;
  readonly environmentLocks: () => EnvironmentLocks;
  readonly process: ProcessPort;
  /** The identity of this very process. */
  readonly self: () => ProcessIdentity;
  readonly clock: Clock;
  readonly random: Random;
  /** The user's shell. */
  readonly shell: Readonly<Record<string, string | undefined>>;
  readonly user: string;
  readonly host: string;
  /** Where ids of processes mean the same: this machine, or this container of it. */
  readonly processHost: string;
  readonly capacity: (compute: string) => Demand | null;
  /** Of the engines that have started steps here, whatever the record knows of them. */
  readonly newestEpoch: () => number;
  /** Results of others; null where stepwell.yml names no cache. */
  readonly shared: SharedResults | null;
  /** Holds a lock file against other processes; `waiting` is told once when another holds it. */
  readonly lock: (file: string, waiting: () => void) => Promise<{ readonly release: () => void }>;
  /** Opens a place for bytes with its credentials; the caller closes it. Throws `StorageError`. */
  readonly openStorage: (datastore: OpenableDatastore) => Promise<Storage>;
  /** Asks a web server as nobody. */
  readonly fetch: AskServer;
  /** Opens a place for rows with its credentials; the caller closes it. Throws `StorageError`. */
  readonly openTables: (datastore: OpenableDatastore) => Promise<Tables>;
  /** What the steps of an engine share, as `stepwell.yml` says now. */
  readonly supply: () => Supply;
  /** Ports for an engine of this workspace. */
  readonly enginePorts: (options: EngineOptions) => EnginePorts;
  /** Environments of the per-user cache that nobody has used for long: removed, or with `dryRun` only named. */
  readonly collectEnvironments: (
    unusedForMs: number,
    dryRun: boolean,
  ) => Promise<
    readonly {
      readonly folder: string;
      /** Null for a half-made one. */
      readonly label: string | null;
      readonly sizeBytes: number;
    }[]
  >;
  /** Lines for people that belong to no run (environment builds, notices). */
  readonly notice: (line: string) => void;
  readonly close: () => Promise<void>;
}

/** As the global `fetch`. */
export type AskServer = (
  url: string,
  order: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<Response>;

/** `stepwell component create FILE` with the file that there is, or null. */
export type RegisterCommand = (
  kind: AssetKind,
  name: string,
  version: string | null,
) => string | null;

/** Results of others, from the shared caches of `stepwell.yml`. */
export interface SharedResults {
  /** False: there is no cache to ask. */
  readonly asks: boolean;
  /**
   * Takes results of others for these into the record, where there are any and the record has none, and looks whether the bytes
   * of results that are not here are still there.
   */
  lookUp(sought: readonly Sought[]): Promise<void>;
  /** `gone from the cache s3://x`, where that was found out; null: they are here, or believed to be there. */
  gone(record: OutputRecord): string | null;
  /** Brings the bytes of an output to its path, unless they are there. */
  fetch(record: OutputRecord): Promise<Refusal | null>;
  close(): Promise<void>;
}

/** Where there is no workspace: make one, refuse, or work in a folder that is gone afterwards. */
export type WhenMissing = "make" | "refuse" | "pretend";

export interface EngineOptions {
  /** What the engine has just made durable. */
  readonly committed: EnginePorts["committed"];
}

/** Places inside a workspace folder. */
export const places = {
  dot: (folder: string): string => path.join(folder, ".stepwell"),
  database: (folder: string): string => path.join(folder, ".stepwell", "stepwell.db"),
  store: (folder: string): string => path.join(folder, ".stepwell", "store"),
  /** Of one run, in the built-in datastore. */
  outputs: (folder: string, run: string): string =>
    path.join(folder, ".stepwell", "store", "azureml", run),
  /** Names of captured bytes by their id. */
  shared: (folder: string): string => path.join(folder, ".stepwell", "store", ".shared"),
  /** What the processes that watch steps share: the newest epoch that one was started under, what they print. */
  supervisors: (folder: string): string => path.join(folder, ".stepwell", "supervisors"),
  /** Who waits to be the engine of detached runs. */
  standBy: (folder: string): string => path.join(folder, ".stepwell", "stand-by.json"),
  runs: (folder: string): string => path.join(folder, ".stepwell", "runs"),
  runFolder: (folder: string, run: string): string => path.join(folder, ".stepwell", "runs", run),
  shellFile: (folder: string, run: string): string =>
    path.join(folder, ".stepwell", "runs", run, "shell.json"),
  graphCache: (folder: string): string => path.join(folder, ".stepwell", "cache", "graphs"),
  /** Programs of function steps, by content. */
  functions: (folder: string): string => path.join(folder, ".stepwell", "functions"),
  checkpoints: (folder: string): string => path.join(folder, ".stepwell", "checkpoints"),
  downloads: (folder: string): string => path.join(folder, ".stepwell", "downloads"),
  /** Copies of registered data and models: `NAME/CONTENT`. */
  copies: (folder: string): string => path.join(folder, ".stepwell", "store", "assets"),
  /** Jobs that data imports were made into. */
  imports: (folder: string): string => path.join(folder, ".stepwell", "imports"),
  /** Journals of transfers under way. */
  transfers: (folder: string): string => path.join(folder, ".stepwell", "transfers"),
  logs: (folder: string, run: string): string => path.join(folder, ".stepwell", "logs", run),
  logFile: (folder: string, run: string, step: string, attempt: number): string =>
    path.join(folder, ".stepwell", "logs", run, `${logName(step)}.${attempt}.log`),
  code: (folder: string): string => path.join(folder, ".stepwell", "code"),
  work: (folder: string): string => path.join(folder, ".stepwell", "work"),
  attempts: (folder: string): string => path.join(folder, ".stepwell", "attempts"),
  /** Outputs of attempts that were not captured (yet). */
  scratch: (folder: string): string => path.join(folder, ".stepwell", "store", ".attempts"),
  /** What a registered component names, as it was then. */
  frozen: (folder: string, name = ""): string => path.join(folder, ".stepwell", "frozen", name),
  /** Of what lay at an absolute path when a version was registered. */
  frozenCopy: (folder: string, name: string, at: string): string =>
    path.join(folder, ".stepwell", "frozen", name, "root", at),
  /** Copies of the user's data, by content. */
  kept: (folder: string): string => path.join(folder, ".stepwell", "store", ".kept"),
  /** Runs at whose end that is to be done, or still is. */
  marks: (folder: string, what: "notify" | "share"): string =>
    path.join(folder, ".stepwell", what, "marks"),
  /** Which process does it. */
  claims: (folder: string, what: "notify" | "share"): string =>
    path.join(folder, ".stepwell", what, "claims"),
  /** What became of telling it. */
  toldFile: (folder: string, run: string): string =>
    path.join(folder, ".stepwell", "runs", run, "notify.json"),
  locks: (folder: string): string => path.join(folder, "stepwell.lock.d"),
};

/** Where what steps read and make lies, and what workspaces share: results, and what the user's own cache holds. */
export function contentPlaces(
  folder: string,
  { caches }: Pick<WorkspaceConfig, "caches">,
  userCache: string,
) {
  const shared = caches.flatMap(({ place }) => (place.kind === "local" ? place.path : []));
  return {
    workspaceFolder: folder,
    storeFolder: places.store(folder),
    sharedFolders: [...shared, userCache],
  };
}

/** A file's name takes 255 bytes, of which the attempt and the ending need some; paths of nested steps grow longer. */
const LONGEST_LOG_NAME = 230;

function logName(step: string): string {
  if (step === ".") return "_";
  if (Buffer.byteLength(step) <= LONGEST_LOG_NAME) return step;
  // No character takes more than four bytes, and no step's own name has such a mark in it.
  return `${step.slice(0, 50)}~${digest(step).slice("sha256:".length)}`.slice(0, 80);
}
