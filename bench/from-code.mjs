// What it costs to build a pipeline in TypeScript's SDK and to write its job, without reading, planning or running it.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Seconds of cpu for a chain of `n` steps, each with an output, the best of `reps` fresh processes. */
export function measureFromCode(n, reps) {
  const figures = Array.from({ length: reps }, () => once(n));
  return Math.min(...figures);
}

function once(n) {
  const program = `
import { command, input, output, pipeline, sequence } from ${JSON.stringify(pathToFileURL(path.join(root, "dist", "index.js")).href)};
const before = process.cpuUsage();
const step = command({
  name: "step", inputs: { data: input.file(), n: input.integer() }, outputs: { made: output.file() },
  run: "cat \${{inputs.data}} > \${{outputs.made}} # \${{inputs.n}}",
});
const made = pipeline({ name: "big", inputs: { data: input.file({ path: "./data" }) } }, ({ inputs }) => {
  let data = inputs.data;
  const steps = [];
  for (let n = 0; n < ${n}; n += 1) {
    const one = step({ data, n }, { name: \`step_\${n}\` });
    steps.push(one);
    data = one.outputs.made;
  }
  sequence(...steps);
  return Object.fromEntries(steps.map((one) => [one.name, one.outputs.made]));
});
const { text } = made[Symbol.for("stepwell.pipeline")].write(new Map(), "/pipeline.ts");
const { user, system } = process.cpuUsage(before);
if (text.split("\\n").length < ${n}) throw new Error("not all steps are written");
console.log((user + system) / 1e6);
`;
  const words = ["--input-type=module", "-e", program];
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
