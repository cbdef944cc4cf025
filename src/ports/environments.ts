// The port to software environments on this machine. Implemented in environments/.

import type { EnvironmentIdentity } from "../core/environment.ts";
import type { EnvironmentReference } from "../spec/graph.ts";

export type { EnvironmentIdentity };

/** What a command needs to run in it. */
export interface BuiltEnvironment {
  /** Folders put in front of PATH. */
  readonly pathPrefix: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /**
   * Its Python: the folder where it is an environment of its own (that calls it `sys.prefix`), else the program. Null where
   * it has none.
   */
  readonly python: string | null;
}

export interface EnvironmentFailure {
  readonly code:
    | "unknown_environment"
    | "environment_not_resolved"
    | "environment_build_failed"
    | "environment_disk_full"
    | "unsupported_environment";
  readonly message: string;
  readonly hint: string | null;
}

export type EnvironmentOutcome<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly failure: EnvironmentFailure };

/** A registered environment asset (azureml:NAME:VERSION) looked up in the workspace, or null. */
export type EnvironmentLookup = (
  name: string,
  version: string | null,
  label: string | null,
) => Promise<EnvironmentReference | null>;

/** The command that registers the environment of that name, whose file lies in the project; null for none. */
export type RegisteringEnvironment = (name: string, version: string | null) => string | null;

export interface Environments {
  /**
   * Who the environment is, without building it. Uses the network only to resolve a spec that has no lock yet, or whose
   * lock names a wheel of this machine that was built anew, and then only when `mayResolve`; else fails with
   * `environment_not_resolved`, whose message is what a plan says of the step. Null reference: the shell's own interpreter.
   * `command` is the step's template (to see which other programs count).
   */
  identify(
    reference: EnvironmentReference | null,
    command: string | null,
    mayResolve: boolean,
  ): Promise<EnvironmentOutcome<EnvironmentIdentity>>;
  /** The environment of a step that runs nothing but Stepwell itself: the same everywhere. */
  none(): EnvironmentIdentity;
  /** Makes it (once, whoever asks at the same time), repairs it when damaged. */
  build(identity: EnvironmentIdentity): Promise<EnvironmentOutcome<BuiltEnvironment>>;
  /** How it is another now than it was when it was identified, in words; null where nobody has changed it. */
  changed(identity: EnvironmentIdentity): Promise<string | null>;
  /** Ends what is being made: nobody waits for it any more. */
  abandon(): void;
}

/** The lock of an environment; `text` is null while it was never resolved. */
export interface ShownLock {
  readonly label: string;
  readonly file: string;
  readonly text: string | null;
}

/** A package whose version is to change; `version` null: to the newest that the definition allows. */
export interface WantedPackage {
  /** Normalised. */
  readonly name: string;
  readonly version: string | null;
}

/** A lock resolved anew: name → version on this platform, before (null: never resolved) and after. */
export interface LockUpgrade {
  readonly label: string;
  readonly file: string;
  readonly before: Readonly<Record<string, string>> | null;
  readonly after: Readonly<Record<string, string>>;
  /** Writes it into a folder of locks. */
  readonly write: (locksFolder: string) => void;
}

/** Both answer null for an environment that has no lock of ours: an interpreter as it is, a project with its own lock. */
export interface EnvironmentLocks {
  show(reference: EnvironmentReference | null): Promise<EnvironmentOutcome<ShownLock | null>>;
  /** Resolves it as if for the first time; with `wanted` all other packages stay as they are. Needs the network. */
  upgrade(
    reference: EnvironmentReference | null,
    wanted: WantedPackage | null,
  ): Promise<EnvironmentOutcome<LockUpgrade | null>>;
}
