// Many short steps: cold, unchanged, and with one source changed, against ninja and doit doing the same. Checks that each
// system redoes what it must.

import fs from "node:fs";
import path from "node:path";
import { best, freshFolder, measure, runStepwell, settle, stepsRan } from "./measure.mjs";
import { shape, writeDoit, writeNinja, writeSources, writeStepwell } from "./workloads.mjs";

const ninja = ["ninja", "--quiet", "-j2"];

function systems(doit) {
  return {
    "ninja, dash step": { write: (f, w) => writeNinja(f, w, false), run: (f) => measure(f, ninja) },
    "ninja, bash step": { write: (f, w) => writeNinja(f, w, true), run: (f) => measure(f, ninja) },
    ...(doit === null
      ? {}
      : { doit: { write: writeDoit, run: (f) => measure(f, [doit, "-n2", "-Pthread"]) } }),
    Stepwell: { write: writeStepwell, run: (f) => runStepwell(f) },
  };
}

/** Rows of `{workload, system, cold, warm, touched}`; `doit`: its program, or null. */
export function measureGraphs({ kind, n, reps, doit }) {
  const work = shape(kind, n);
  const due = redone(work);
  return Object.entries(systems(doit)).map(([system, { write, run }]) => {
    const all = { cold: [], warm: [], touched: [] };
    for (let rep = 0; rep < reps; rep += 1) {
      const folder = freshFolder();
      writeSources(folder, work);
      write(folder, work);
      // Files younger than two seconds are not trusted by their times (git's rule), and nobody's sources are.
      settle();
      const cold = run(folder);
      const warm = run(folder);
      const before = made(folder);
      fs.writeFileSync(path.join(folder, "in", "0"), `b${rep}\n`);
      const touched = run(folder);
      if (system === "Stepwell") {
        expectSteps(cold, n);
        expectSteps(warm, 0);
        expectSteps(touched, due);
      } else if (changed(before, made(folder)) !== due)
        throw new Error(`${system} redid other than ${due} steps`);
      for (const [name, figures] of Object.entries({ cold, warm, touched }))
        all[name].push(figures);
    }
    return {
      workload: `${kind} ${n}`,
      system,
      cold: best(all.cold),
      warm: best(all.warm),
      touched: best(all.touched),
    };
  });
}

function expectSteps(figures, count) {
  if (stepsRan(figures) !== count)
    throw new Error(`Stepwell ran ${stepsRan(figures)} steps instead of ${count}`);
}

/** What a change of the first source reaches. */
function redone({ steps }) {
  const dirty = new Set();
  for (const [k, reads] of steps.entries())
    if (reads.some((read) => read === "in/0" || dirty.has(read))) dirty.add(k);
  return dirty.size;
}

function made(folder) {
  const out = path.join(folder, "out");
  return new Map(
    fs.readdirSync(out).map((name) => [name, fs.statSync(path.join(out, name)).mtimeMs]),
  );
}

function changed(before, after) {
  return [...after].filter(([name, at]) => before.get(name) !== at).length;
}
