// A real workspace in this process: real files, snapshots, planning and engine; records in memory, and a compute that
// does the work of `project.ts` itself, from the very files and variables that an attempt is handed.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { digest } from "../../core/digest.ts";
import type { EnvironmentIdentity } from "../../core/environment.ts";
import { createExplainer } from "../../engine/explainer.ts";
import { createPlanReader } from "../../engine/plan-reader.ts";
import { places, type Workspace } from "../../operations/workspace.ts";
import type { AttemptOrder, Compute, ComputeListener } from "../../ports/compute.ts";
import type { Environments } from "../../ports/environments.ts";
import { createMemoryStore } from "../../records/memory.ts";
import { defaultWorkspaceConfig } from "../../spec/workspace-config.ts";
import { createStepTypes } from "../../steps/step-types.ts";
import { createFolderContents } from "../../storages/folder.ts";
import { work } from "./project.ts";

const CAPACITY = { cpus: 2, memoryBytes: 0, gpus: 0 };
const SUPPLY = { capacity: CAPACITY, pools: {}, named: [] };
const ME = { bootId: "test", pid: 1, startTime: "0" };

export function makeInProcess(): Workspace {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-property-"));
  const records = createMemoryStore();
  const contents = createFolderContents({
    workspaceFolder: folder,
    storeFolder: places.store(folder),
    sharedFolders: [],
    workers: 1,
    python: null,
  });
  // Nothing here is about power cuts, and a sync costs more than all the rest.
  contents.makeDurable = async () => {};
  const plans = createPlanReader(records);
  const space: Workspace["space"] = {
    look: () => ({ folder, freeBytes: 2 ** 40, freeFiles: null }),
    hasRoom: async () => true,
  };
  let ids = 0;
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const random = { id: () => `a${(ids++).toString(36)}` };
  const isAlive = (): boolean => true;
  const refuse = (): never => {
    throw new Error("not part of this test");
  };
  const ports: ReturnType<Workspace["enginePorts"]> = {
    records,
    contents,
    plans,
    checkpoints: {
      open: () => ({ folder: "", writtenAt: null }),
      unvouched: () => null,
      vouch: () => {},
      close: () => {},
    },
    space,
    environments,
    stepTypes: createStepTypes(() => ({ inherited: {}, passed: {}, keys: {}, names: [] }), {
      graceMs: 1,
      mpirun: false,
      transferProgram: [],
      watch: null,
    }),
    fetchData: async () => null,
    shared: null,
    explainer: createExplainer(records, contents, plans),
    settler: {
      needed: () => false,
      settle: async () => [],
      sends: () => false,
      send: async () => [],
    },
    diagnose: () => ({ hint: null, location: null }),
    clock,
    random,
    makeCompute: (_, listener) => workInProcess(listener),
    me: { host: "test", process: ME },
    isAlive,
    logPath: (run, step, attempt) => places.logFile(folder, run, step, attempt),
    linkLog: () => {},
    attemptFolders: (id) => ({
      folder: path.join(places.attempts(folder), id),
      workFolder: path.join(places.work(folder), id),
    }),
    gpuNames: [],
    supply: SUPPLY,
    graceMs: 1,
    runEnded: () => {},
    warn: refuse,
    crashPoint: () => {},
    committed: () => {},
  };
  return {
    folder,
    home: folder,
    config: { ...defaultWorkspaceConfig(folder), keep: "reference" },
    newestEpoch: () => 0,
    records,
    registering: () => null,
    plans,
    space,
    contents,
    environments: () => environments,
    environmentLocks: refuse,
    process: { ...unusedProcess, isAlive },
    self: () => ME,
    clock,
    random,
    shell: {},
    user: "test",
    host: "test",
    processHost: "test",
    capacity: () => CAPACITY,
    supply: () => SUPPLY,
    openStorage: refuse,
    fetch: refuse,
    openTables: refuse,
    lock: refuse,
    shared: null,
    enginePorts: ({ committed }) => ({ ...ports, committed }),
    collectEnvironments: refuse,
    notice: refuse,
    async close() {
      await contents.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

const unusedProcess: Workspace["process"] = {
  kind: "posix",
  bootId: () => ME.bootId,
  identify: () => ME,
  isAlive: () => true,
  signal: () => false,
  tree: async () => [],
  memoryGroups: () => null,
};

/** `{packages: ["x==N"]}` is an environment that hands N to the step. */
const environments: Environments = {
  none: () => {
    throw new Error("no step here is a transfer");
  },
  async identify(reference) {
    const wanted = reference?.kind === "inline" ? reference.packages?.[0] : undefined;
    const version = wanted?.split("==")[1] ?? "0";
    const identity: EnvironmentIdentity = {
      id: digest(version),
      label: "test",
      kind: "uv",
      pythonVersion: null,
      platform: "test",
      packages: { x: version },
      editable: {},
      lockId: null,
      programs: {},
    };
    return { ok: true, value: identity, warnings: [] };
  },
  async build({ packages }) {
    return {
      ok: true,
      value: { pathPrefix: [], variables: { E: packages.x ?? "" }, python: null },
      warnings: [],
    };
  },
  changed: async () => null,
  abandon: () => {},
};

function workInProcess(listener: ComputeListener): Compute {
  const nothing = (): void => {};
  return {
    start(order) {
      const { attemptId } = order;
      const at = Date.now();
      setImmediate(() => {
        listener({ kind: "started", attemptId, at, process: ME });
        fs.writeFileSync(order.variables.SW_outputs_o as string, work(partsOf(order)));
        const end = { exitCode: 0, signal: null, reason: "exited", detail: null } as const;
        listener({ kind: "ended", attemptId, end: { ...end, startedAt: at, finishedAt: at } });
      });
    },
    cancel: nothing,
    kill: nothing,
    adopt: nothing,
    close: async () => {},
  };
}

function partsOf({ shared, variables: own, workFolder }: AttemptOrder): readonly number[] {
  const variables = { ...shared, ...own };
  const read = (file: string): number => Number.parseInt(fs.readFileSync(file, "utf8"), 10);
  const folder = variables.SW_inputs_folder;
  const files = ["data", "x0", "x1"].flatMap((name) => variables[`SW_inputs_${name}`] ?? []);
  return [
    read(path.join(workFolder, "program")),
    read(path.join(workFolder, "lib", "helper")),
    Number(variables.SW_inputs_p),
    Number(variables.V),
    Number(variables.E),
    ...files.map(read),
    ...(folder === undefined
      ? []
      : fs.readdirSync(folder).map((name) => read(path.join(folder, name)))),
  ];
}
