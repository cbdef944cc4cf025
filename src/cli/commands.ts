// The table of commands: name, one line of help, and where the rest is loaded from on use.

import type { Command } from "commander";
import type { Context } from "./context.ts";

export interface CommandModule {
  /** Adds arguments, options, examples and the action to an empty command. */
  define(command: Command, context: Context): void;
}

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

export const COMMANDS: Readonly<Record<string, Entry>> = {
  run: {
    summary: "run a pipeline, reusing what has not changed",
    load: () => import("./commands/run.ts"),
  },
  plan: {
    summary: "say what would run and why; start nothing",
    load: () => import("./commands/plan.ts"),
  },
  why: { summary: "explain why a step ran or was reused", load: () => import("./commands/why.ts") },
  validate: {
    summary: "report every mistake in a definition",
    load: () => import("./commands/validate.ts"),
  },
  rerun: { summary: "run a recorded definition again", load: () => import("./commands/rerun.ts") },
  runs: { summary: "list runs", load: () => import("./commands/runs.ts") },
  show: {
    summary: "show a run: steps, outputs, metrics",
    load: () => import("./commands/show.ts"),
  },
  logs: { summary: "print or follow logs", load: () => import("./commands/logs.ts") },
  attach: {
    summary: "follow a run that goes on elsewhere",
    load: () => import("./commands/attach.ts"),
  },
  wait: {
    summary: "wait for a run to end, with its exit code",
    load: () => import("./commands/wait.ts"),
  },
  du: {
    summary: "say what takes the disk and what could be freed",
    load: () => import("./commands/du.ts"),
  },
  cancel: {
    summary: "cancel a run and everything it started",
    load: () => import("./commands/cancel.ts"),
  },
  outputs: {
    summary: "print the path of an output, or copy it",
    load: () => import("./commands/outputs.ts"),
  },
  invalidate: {
    summary: "never reuse a result again, and list what was made from it",
    load: () => import("./commands/invalidate.ts"),
  },
  lineage: {
    summary: "say what data was made from and what was made of it",
    load: () => import("./commands/lineage.ts"),
  },
  component: {
    summary: "register and see components",
    load: () => import("./commands/component.ts"),
  },
  data: { summary: "register and see data assets", load: () => import("./commands/data.ts") },
  datastore: {
    summary: "register, see and check places for data",
    load: () => import("./commands/datastore.ts"),
  },
  secret: {
    summary: "keep secrets for datastores, sealed",
    load: () => import("./commands/secret.ts"),
  },
  environment: {
    summary: "register and see environments",
    load: () => import("./commands/environment.ts"),
  },
  model: { summary: "register and see models", load: () => import("./commands/model.ts") },
  push: {
    summary: "share a run, data or a model through a cache",
    load: () => import("./commands/push.ts"),
  },
  pull: {
    summary: "take a run, data or a model from a cache",
    load: () => import("./commands/pull.ts"),
  },
  cache: {
    summary: "the key by which others trust your results",
    load: () => import("./commands/cache.ts"),
  },
  diff: { summary: "compare two runs", load: () => import("./commands/diff.ts") },
  compare: {
    summary: "what differs between any number of runs",
    load: () => import("./commands/compare.ts"),
  },
  shell: {
    summary: "open a shell exactly where a step ran",
    load: () => import("./commands/shell.ts"),
  },
  demo: {
    summary: "see it work on a real pipeline, in ./stepwell-demo",
    load: () => import("./commands/demo.ts"),
  },
  init: {
    summary: "write a pipeline to start from, of scripts or a small one",
    load: () => import("./commands/init.ts"),
  },
  add: {
    summary: "add a step to the pipeline, from a command as you type it",
    load: () => import("./commands/add.ts"),
  },
  doctor: {
    summary: "check what Stepwell needs on this machine",
    load: () => import("./commands/doctor.ts"),
  },
  gc: { summary: "remove what no run needs any more", load: () => import("./commands/gc.ts") },
  delete: {
    summary: "remove the outputs of a run, or a registered version",
    load: () => import("./commands/delete.ts"),
  },
  pin: {
    summary: "keep something whatever the rules say, or list what is kept so",
    load: () => import("./commands/pin.ts"),
  },
  unpin: { summary: "take a pin away", load: () => import("./commands/unpin.ts") },
  schema: {
    summary: "print the JSON schema of a kind of file",
    load: () => import("./commands/schema.ts"),
  },
  types: {
    summary: "write TypeScript types of components",
    load: () => import("./commands/types.ts"),
  },
  export: {
    summary: "print the pipeline of a TypeScript module as YAML",
    load: () => import("./commands/export.ts"),
  },
  completion: {
    summary: "print the completion script of a shell",
    load: () => import("./commands/completion.ts"),
  },
  "transfer-step": {
    summary: "move what a step of type data_transfer says (started by itself)",
    load: () => import("./commands/transfer-step.ts"),
  },
  complete: {
    summary: "print what may come next in a command line (asked by completion scripts)",
    load: () => import("./commands/complete.ts"),
  },
  engine: {
    summary: "run detached runs to their end (started by itself)",
    load: () => import("./commands/engine.ts"),
  },
};

/** Not for people: started by Stepwell and by shells, and in no list of commands. */
export const HIDDEN: ReadonlySet<string> = new Set(["complete", "engine"]);
