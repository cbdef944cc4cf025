// A workspace as code sees it: its runs, and what is registered in it. Declarations, and the door to them.

import type { Step } from "./component.ts";
import { clientFor } from "./load-client.ts";
import type { Run } from "./run.ts";
import type { RunStatus } from "./run-report.ts";

/** Which runs are listed. */
export interface RunFilter {
  readonly experiment?: string;
  readonly pipeline?: string;
  readonly status?: RunStatus;
  /** Only runs with these tags. */
  readonly tag?: readonly [name: string, value: string];
  /** At most so many; all unless given. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** Something registered: a name and a version that never changes its meaning. */
export interface Asset {
  readonly name: string;
  readonly version: string;
  /** Of its content: the same id, the same content. */
  readonly contentId: string;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** ISO 8601 in UTC. */
  readonly created: string;
  readonly createdBy: string;
  /** The run that made it, or null. */
  readonly run: string | null;
}

/** What became of registering: `same` where this very content was there already, and nothing was written. */
export interface Registered extends Asset {
  readonly outcome: "created" | "same";
}

/** What is registered of one kind. `text` is `name`, `name:version` or `name@label`. */
export interface AssetList {
  /** @throws StepwellError `unknown_asset` */
  get(text: string): Promise<Asset>;
  /** All of them, or the versions of one name; the newest first of each name. */
  list(name?: string): AsyncIterable<Asset>;
}

export interface DataToRegister {
  readonly name: string;
  /** The next free number unless given. */
  readonly version?: string;
  /** A path from the current folder, `azureml://…`, an address. */
  readonly path: string;
  /** Of data `uri_file`, `uri_folder`, `mltable`; of models `custom_model`, `mlflow_model`, `triton_model`. */
  readonly type?: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** True: the bytes are copied into the default datastore; else they stay where they are, and are checked when they are read. */
  readonly copy?: boolean;
}

export interface DataAssets extends AssetList {
  /** @throws StepwellError `asset_version_conflict` where the version has other content. */
  register(data: DataToRegister): Promise<Registered>;
}

export interface ComponentAssets extends AssetList {
  /**
   * Registers a step or a pipeline under a name and a version that never change: what it names (code, files, programs of
   * functions) is copied. The same content again is a no-op.
   *
   * @throws StepwellError `asset_version_conflict` where the version has other content; its hint names the next free one.
   * @example
   * ```ts
   * await ws.components.publish(train, { name: "train", version: "3" });
   * const shared = component("azureml:train:3");
   * ```
   */
  publish(
    component: (...call: never[]) => Step,
    as?: { readonly name?: string; readonly version?: string },
  ): Promise<Registered>;
}

/** A workspace: a folder that holds `.stepwell/`. */
export interface Workspace {
  readonly folder: string;
  /** Runs, the newest first. */
  runs(filter?: RunFilter): AsyncIterable<Run>;
  /**
   * A run by its name, the beginning of it, `last`, `last-failed`, `last~2`, `PIPELINE@last`.
   *
   * @throws StepwellError `unknown_run`, `ambiguous_word`
   */
  run(name: string): Promise<Run>;
  readonly data: DataAssets;
  readonly models: DataAssets;
  readonly components: ComponentAssets;
  /** Lets go of its record; runs that this process sees through go on. */
  close(): Promise<void>;
}

/**
 * Opens a workspace.
 *
 * @param folder The folder that holds `.stepwell/`; the one at or above the current folder unless given, else a new one.
 * @throws StepwellError where the folder is not there or cannot be used.
 * @example
 * ```ts
 * const ws = await openWorkspace();
 * for await (const run of ws.runs({ status: "Failed", limit: 5 })) console.log(run.name);
 * await ws.close();
 * ```
 */
export async function openWorkspace(folder?: string): Promise<Workspace> {
  const client = await clientFor("openWorkspace()");
  return client.openWorkspace(folder ?? null);
}
