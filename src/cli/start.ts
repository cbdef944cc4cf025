#!/bin/sh
// What `stepwell` starts: sets V8 up for short commands, and runs the command line (main.ts, bundled) with what V8 made of
// it the last time. Only in the built package; from sources main.ts is started itself.

// Before any flag is set: after that Node would compile these anew, too. Those alone that every command needs.
import "node:child_process";
import "node:fs/promises";
import "node:os";
import "node:process";
import "node:timers/promises";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";
import vm from "node:vm";
import { ownHeap } from "../operations/heap-growth.ts";
import { cacheFolder } from "../operations/user-cache.ts";
import { readCompiled, writeCompiled } from "./compiled-code.ts";

/** Of the bundle beside us; put in by the build. */
declare const MAIN_ID: string;

ownHeap();
// Most of what is allocated is dead at once: a helper thread takes longer to wake than the rest takes to be copied.
v8.setFlagsFromString("--no-parallel-scavenge");
// A function is optimised after 36 times the usual work: most commands end before that has paid for itself. Later V8s
// have a cheaper compiler in between, and no such setting.
if (process.versions.v8.startsWith("11.")) v8.setFlagsFromString("--interrupt-budget=2400000");

// What a long command used at its beginning is still there to be kept at its end.
v8.setFlagsFromString("--no-flush-bytecode");

/** `__load` does what `import()` would, which a script may not. `__id`: of the bundle. */
const PARAMETERS = ["exports", "require", "module", "__filename", "__dirname", "__load", "__id"];
/** Two commands of the same verb do not use quite the same: each of the first ones adds what is its own. */
const TIMES_WRITTEN = 3;
/** A command that ended so has loaded less than the next one will: wrong usage, nothing that could be used, a bug. */
const NOT_KEPT = [2, 4, 70];

const file = path.join(path.dirname(fileURLToPath(import.meta.url)), "main.cjs");
const kept = keptFile();
const known = kept === null ? null : readCompiled(kept);
const head = `(function(${PARAMETERS}){`;
// The build leaves nothing in it but ASCII: a single other letter would make V8 keep and read twice the bytes.
const script = new vm.Script(`${head}${fs.readFileSync(file, "latin1")}\n})`, {
  filename: file,
  columnOffset: -head.length,
  ...(known === null ? {} : { cachedData: known.code }),
});
const times = script.cachedDataRejected === false ? (known?.times ?? 0) : 0;
if (kept !== null && times < TIMES_WRITTEN)
  process.on("exit", (code) => {
    if (NOT_KEPT.includes(code)) return;
    // V8 takes the code under the flags alone that it was made under.
    ownHeap();
    writeCompiled(kept, { code: script.createCachedData(), times: times + 1 });
  });
const module = { exports: {} };
const own = [module.exports, createRequire(file), module, file, path.dirname(file)];
script.runInThisContext()(...own, (beside: string) => import(beside), MAIN_ID);

/** One for each verb, which use different parts of the code; null where none is to be kept. */
function keptFile(): string | null {
  const { NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE, NODE_OPTIONS } = process.env;
  if (NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE) return null;
  const verb = process.argv.slice(2).find((word) => /^[a-z]{1,20}$/.test(word)) ?? "";
  // V8 takes no code that was made under other flags.
  const made = [MAIN_ID, process.version, process.arch, process.execArgv.join(" "), NODE_OPTIONS];
  const id = createHash("sha256").update(made.join("\n")).digest("hex");
  try {
    return path.join(cacheFolder(process.env), "compiled", `${verb}-${id.slice(0, 16)}`);
  } catch {
    // Told where the command itself needs it.
    return null;
  }
}
