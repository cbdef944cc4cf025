// What runs a function step in its own process: arguments in, one end out. Written into the text of every program, so it
// stays small and loads nothing but Node; it knows no step by name, because a name is no identity.

import { EndWatch } from "./end-watch.ts";
import { mapStacks } from "./mapped-stack.ts";
import { importFromProject, requireFor } from "./project-packages.ts";
import { type Ports, readArguments } from "./read-arguments.ts";
import { everythingRefused, refused, refuseFromNow } from "./refusal.ts";
import { stepLog } from "./step-log.ts";
import { StepPlaces } from "./step-places.ts";
import { guardWrites } from "./write-guard.ts";

type Run = (context: unknown) => unknown;

/** Called first, before any code of the user: from here on every end of the process is ours to say. */
export function startRuntime(programUrl: string) {
  mapStacks(programUrl);
  const end = new EndWatch();
  return (ports: Ports) => {
    guardWrites(new StepPlaces(ports, process.argv.slice(2)), (error) => end.refuse(error));
    return {
      __stepwell_run__: (run: unknown) => runStep(run, ports, end),
      __stepwell_refuse__: Object.assign(refused, { all: everythingRefused() }),
      __stepwell_import__: importFromProject,
      require: requireFor(programUrl),
    };
  };
}

/** What `run` returns is awaited and then ignored: outputs are files. */
async function runStep(run: unknown, ports: Ports, end: EndWatch): Promise<void> {
  if (typeof run !== "function") return end.fail("is not a function");
  if (isGenerator(run)) return end.fail("is a generator: nothing runs it; make it a function");
  const read = readArguments(ports, process.argv.slice(2));
  if (read.problems.length > 0) return end.fail(`cannot start: ${read.problems.join("; ")}`);
  const { inputs, outputs } = read;
  const context = { inputs, outputs, log: stepLog() };
  Object.defineProperty(context, "signal", { enumerable: true, get: stopSignal });
  refuseFromNow();
  try {
    await (run as Run)(context);
    end.finish();
  } catch (error) {
    end.failWith(error);
  }
}

/** A call of one only makes an object, and waits for somebody to ask it for values. */
function isGenerator(run: object): boolean {
  return /GeneratorFunction\]$/.test(Object.prototype.toString.call(run));
}

let stopping: AbortController | null = null;

/** Only who asks for it takes over what SIGTERM does; others are stopped by it. */
function stopSignal(): AbortSignal {
  if (stopping === null) {
    const controller = new AbortController();
    stopping = controller;
    process.on("SIGTERM", () => controller.abort(new Error("the step was asked to stop")));
  }
  return stopping.signal;
}
