// The composition root: from a folder and a shell to a workspace with chosen backends. The only module that may import
// everything; only entry points import it.

import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  createHostProcesses,
  type SeenProcesses,
  seeProcesses,
} from "./computes/host-processes.ts";
import { createLocalCompute, newestEpoch } from "./computes/local.ts";
import { findPython } from "./computes/supervisor-command.ts";
import type { StepError } from "./core/event.ts";
import { crashPoint } from "./engine/crash-point.ts";
import type { EnginePorts } from "./engine/engine-ports.ts";
import { createExplainer } from "./engine/explainer.ts";
import { createPlanReader } from "./engine/plan-reader.ts";
import { holdLock } from "./environments/build-lock.ts";
import { collectEnvironments } from "./environments/collect-environments.ts";
import { createEnvironmentLocks } from "./environments/environment-locks.ts";
import { environmentsOf } from "./environments/environments-of.ts";
import { createOutputSettler } from "./operations/data/output-settler.ts";
import { fetchRemote } from "./operations/data/remote-data.ts";
import { createRegisterCommands } from "./operations/definitions/defining-files.ts";
import { thawEnvironment } from "./operations/definitions/kept-environment.ts";
import { findWorkspace, noWorkspace } from "./operations/find-workspace.ts";
import { capacityOf, gpuNames } from "./operations/machine-capacity.ts";
import { ownProgram } from "./operations/own-program.ts";
import { packageFile } from "./operations/package-file.ts";
import { readConfig } from "./operations/read-config.ts";
import {
  damagedRecord,
  newerRecord,
  tellForgotten,
  unusableRecord,
} from "./operations/record-file.ts";
import { readShell } from "./operations/recorded/read-shell.ts";
import { noteEmpty } from "./operations/recorded/usage-note.ts";
import { removeShell } from "./operations/recorded/write-shell.ts";
import { isRefusal, type Refusal, refuse } from "./operations/refusal.ts";
import { createDiagnoser } from "./operations/runs/diagnose-failure.ts";
import { supplyNow } from "./operations/runs/supply-now.ts";
import { createSharedResults } from "./operations/sharing/shared-results.ts";
import { UNKNOWN_SELF } from "./operations/unseen-processes.ts";
import { cacheFolder, homeFolder, withUvCache } from "./operations/user-cache.ts";
import {
  contentPlaces,
  type EngineOptions,
  places,
  type SharedResults,
  type WhenMissing,
  type Workspace,
} from "./operations/workspace.ts";
import type { EnvironmentLookup } from "./ports/environments.ts";
import { makeTemporary } from "./ports/own-temporary.ts";
import { processHost } from "./ports/process-host.ts";
import type { RecordStore } from "./ports/records.ts";
import { createMemoryStore } from "./records/memory.ts";
import { rememberResults } from "./records/remembered-results.ts";
import { openSqliteStore } from "./records/sqlite/store.ts";
import type { WorkspaceConfig } from "./spec/workspace-config.ts";
import { createStepTypes } from "./steps/step-types.ts";
import { checkpointFolders } from "./storages/checkpoint-folders.ts";
import { createDiskSpace } from "./storages/disk-space.ts";
import { createFolderContents } from "./storages/folder.ts";

/** For commands that look at the machine and need no workspace. */
export const hostProcesses = createHostProcesses;

export interface OpenOptions {
  /** `--workspace`, or null. */
  readonly option: string | null;
  readonly currentFolder: string;
  readonly shell: Readonly<Record<string, string | undefined>>;
  /** Where there is none: make one, refuse, or work in a folder that is gone afterwards. */
  readonly create: WhenMissing;
  readonly notice: (line: string) => void;
}

/** Opens the workspace that the options mean, making `.stepwell/` where there is none. */
export async function openWorkspace(options: OpenOptions): Promise<Workspace | Refusal> {
  const found = findWorkspace({
    option: options.option,
    variable: options.shell.STEPWELL_WORKSPACE,
    currentFolder: options.currentFolder,
    home: homeFolder(),
  });
  if (isRefusal(found)) return found;
  if (found.isNew && options.create === "refuse") return noWorkspace(found, options.currentFolder);
  const config = readConfig(found.folder);
  if (isRefusal(config)) return config;
  if (found.isNew && options.create === "pretend") return pretend(found.folder, config, options);
  const isFirst = !fs.existsSync(places.dot(found.folder));
  const made = makeFolders(found.folder);
  if (made !== null) return made;
  if (found.isNew) options.notice(`new workspace: ${found.folder}`);
  const seen = seeProcesses();
  const records = openRecords(places.database(found.folder), seen, () =>
    tellForgotten(found.folder, options.notice),
  );
  if (isRefusal(records)) return records;
  const workspace = compose(found.folder, config, rememberResults(records), { ...options, seen });
  return isFirst ? newWorkspace(workspace) : workspace;
}

function openRecords(
  file: string,
  { self }: SeenProcesses,
  isNew: () => void,
): RecordStore | Refusal {
  const unusable = unusableRecord(file);
  if (unusable !== null) return unusable;
  try {
    const opened = openSqliteStore(file, {
      here: self && { host: processHost(), bootId: self.bootId },
    });
    if (opened.kind === "newer") return newerRecord(opened.version);
    if (opened.isNew) isNew();
    return opened.store;
  } catch (error) {
    const damaged = damagedRecord(file, error);
    if (damaged === null) throw error;
    return damaged;
  }
}

/** Takes no disk yet; the editor schemas are written when the command is done, because its first step must not wait for them. */
function newWorkspace(workspace: Workspace): Workspace {
  noteEmpty(workspace);
  return {
    ...workspace,
    async close() {
      const isGone = workspace.records.isGone();
      await workspace.close();
      if (isGone) return;
      const { writeSchemas } = await import("./operations/drafts/pipeline-text.ts");
      try {
        writeSchemas(workspace.folder);
      } catch {
        // A full disk: only editors read them, and the command has done what it was asked.
      }
    },
  };
}

/** A workspace without a past, beside which nothing is written: enough to validate and to plan. */
function pretend(home: string, config: WorkspaceConfig, options: OpenOptions): Workspace | Refusal {
  const folder = makeTemporary("plan");
  const made = makeFolders(folder);
  if (made !== null) return made;
  const workspace = compose(
    folder,
    config,
    createMemoryStore(),
    { ...options, seen: seeProcesses() },
    home,
  );
  return {
    ...workspace,
    async close() {
      await workspace.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeFolders(folder: string): Refusal | null {
  const dot = places.dot(folder);
  try {
    fs.mkdirSync(path.join(dot, "logs"), { recursive: true });
    const ignore = path.join(dot, ".gitignore");
    if (!fs.existsSync(ignore)) fs.writeFileSync(ignore, "*\n");
    return null;
  } catch (error) {
    return refuse(
      "workspace_unusable",
      `${dot} cannot be written: ${(error as Error).message}`,
      "choose another place: --workspace DIR",
      4,
    );
  }
}

function compose(
  folder: string,
  config: WorkspaceConfig,
  records: Workspace["records"],
  options: OpenOptions & { readonly seen: SeenProcesses },
  /** Where `stepwell.yml` lies, and the locks of environments beside it. */
  home = folder,
): Workspace {
  const contents = createFolderContents({
    ...contentPlaces(folder, config, cacheFolder(options.shell)),
    workers: Math.max(1, os.availableParallelism() - 1),
    python: findPython(),
  });
  const registering = createRegisterCommands(home, process.cwd());
  const environmentSettings = {
    cacheFolder: cacheFolder(options.shell),
    workspaceFolder: home,
    table: config.environments,
    lookup: environmentLookup({ folder, records }),
    registering: registering.bind(null, "environment"),
    variables: withUvCache(options.shell),
    log: options.notice,
  };
  const { processes, self } = options.seen;
  let shared: SharedResults | null = null;
  const locksFolder = places.locks(home);
  const environments = environmentsOf(environmentSettings, locksFolder);
  const workspace: Workspace = {
    folder,
    home,
    config,
    records,
    registering,
    plans: createPlanReader(records),
    contents,
    space: createDiskSpace({
      workspace: places.dot(folder),
      environments: cacheFolder(options.shell),
    }),
    environments: environments.make,
    environmentLocks: () =>
      createEnvironmentLocks({ ...environmentSettings, locksFolder, locked: false }),
    process: processes,
    self: () => self ?? UNKNOWN_SELF,
    clock: { now: () => Date.now(), monotonic },
    random: { id: createIds() },
    shell: options.shell,
    ...whoAndWhere(),
    capacity: (name) => capacityOf(config, name, options.shell),
    supply: supplyNow(folder, config, options.shell),
    newestEpoch: () => newestEpoch(places.supervisors(folder)),
    lock: holdLock,
    get shared() {
      shared ??= createSharedResults(workspace);
      return shared;
    },
    ...elsewhere,
    enginePorts: (engine) => enginePorts(workspace, engine),
    collectEnvironments: (unusedForMs, dryRun) =>
      collectEnvironments(cacheFolder(options.shell), { now: Date.now(), unusedForMs, dryRun }),
    notice: options.notice,
    async close() {
      environments.abandon();
      await shared?.close();
      await contents.close();
      await records.close();
    },
  };
  return workspace;
}

/** What reaches other places: loaded when it is used. */
const elsewhere: Pick<Workspace, "openStorage" | "openTables" | "fetch"> = {
  openStorage: async (...words) =>
    (await import("./datastores/open-storage.ts")).openStorage(...words),
  openTables: async (...words) =>
    (await import("./datastores/open-tables.ts")).openTables(...words),
  fetch: async (...words) => (await import("./datastores/fetch-address.ts")).fetchAddress(...words),
};

const ID_BYTES = 10;

/** Ids of 80 random bits; asking the system for each would be dearer than making it. */
function createIds(): () => string {
  let pool = Buffer.alloc(0);
  return () => {
    if (pool.length < ID_BYTES) pool = randomBytes(ID_BYTES * 256);
    const id = BigInt(`0x${pool.toString("hex", 0, ID_BYTES)}`).toString(36);
    pool = pool.subarray(ID_BYTES);
    return id;
  };
}

function whoAndWhere(): Pick<Workspace, "user" | "host" | "processHost"> {
  return { user: userName(), host: os.hostname(), processHost: processHost() };
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

function environmentLookup({
  folder,
  records,
}: Pick<Workspace, "folder" | "records">): EnvironmentLookup {
  return async (name, version, label) => {
    const asset = await records.asset("environment", name, version, label);
    return asset && thawEnvironment({ folder }, asset.definition);
  };
}

/** Between TERM and KILL. */
const GRACE_MS = 5_000;

function enginePorts(workspace: Workspace, engine: EngineOptions): EnginePorts {
  const { folder, records, contents } = workspace;
  const supply = workspace.supply();
  const attempts = path.join(places.dot(folder), "attempts");
  return {
    records,
    plans: workspace.plans,
    contents,
    checkpoints: checkpointFolders(places.checkpoints(folder)),
    environments: workspace.environments(false),
    space: workspace.space,
    stepTypes: createStepTypes((run) => readShell(workspace, run), {
      graceMs: GRACE_MS,
      mpirun: onPath("mpirun", workspace.shell.PATH ?? ""),
      transferProgram: [
        process.execPath,
        ...ownProgram("../cli/main.ts", "stepwell.js"),
        "--workspace",
        folder,
        "transfer-step",
      ],
      watch: {
        hookFolder: packageFile("python/watch"),
        workspaceFolder: folder,
        cacheFolder: cacheFolder(workspace.shell),
      },
    }),
    shared: sharedPort(workspace),
    fetchData: async (data, origin) => stepError(await fetchRemote(workspace, data, origin)),
    explainer: createExplainer(records, contents, workspace.plans),
    settler: createOutputSettler(workspace),
    diagnose: createDiagnoser(workspace),
    clock: workspace.clock,
    random: workspace.random,
    makeCompute: (epoch, listener) =>
      createLocalCompute(
        {
          stateFolder: places.supervisors(folder),
          epoch,
          slots: Math.max(1, Math.ceil(supply.capacity.cpus)),
          supervisor: "auto",
          python: null,
          host: workspace.process,
        },
        listener,
      ),
    me: { host: workspace.processHost, process: workspace.self() },
    isAlive: (identity) => workspace.process.isAlive(identity),
    logPath: (run, step, attempt) => places.logFile(folder, run, step, attempt),
    linkLog: (from, to) => {
      fs.mkdirSync(path.dirname(to), { recursive: true });
      fs.rmSync(to, { force: true });
      fs.symlinkSync(path.relative(path.dirname(to), from), to);
    },
    attemptFolders: (id) => ({
      folder: path.join(attempts, id),
      workFolder: path.join(places.dot(folder), "work", id),
    }),
    supply,
    gpuNames: gpuNames(workspace.shell, supply.capacity.gpus),
    graceMs: GRACE_MS,
    committed: engine.committed,
    runEnded: (run) => removeShell(workspace, run),
    warn: workspace.notice,
    crashPoint,
  };
}

function sharedPort({ shared }: Workspace): EnginePorts["shared"] {
  if (shared === null) return null;
  const { asks, lookUp, gone, fetch } = shared;
  return { asks, lookUp, gone, fetch: async (record) => stepError(await fetch(record)) };
}

/** What refuses an operation fails a step. */
function stepError(refusal: Refusal | null | undefined): StepError | null {
  if (!refusal) return null;
  const { code, message, hint } = refusal;
  return { code, message, hint };
}

function onPath(program: string, PATH: string): boolean {
  return PATH.split(":").some(
    (folder) => folder !== "" && fs.existsSync(path.join(folder, program)),
  );
}

/** Milliseconds. `performance.now` is the same, and brings a module with it that takes a command 2 ms. */
function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
