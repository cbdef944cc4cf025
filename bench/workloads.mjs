// The workloads: folders with sources and a definition for each system. A step reads its inputs' first lines and writes
// its output with shell builtins; for us each has a literal of its own, because right reuse would run equal ones once.

import fs from "node:fs";
import path from "node:path";

/** wide: n independent steps; chain: each reads the one before; layered: 10 layers, each step reads two above. */
export function shape(kind, n) {
  const width = n / 10;
  const reads = (k) => {
    if (kind === "wide") return [`in/${k}`];
    if (kind === "chain") return [k === 0 ? "in/0" : k - 1];
    const layer = Math.floor(k / width);
    const at = k % width;
    if (layer === 0) return [`in/${at}`];
    return [(layer - 1) * width + at, (layer - 1) * width + ((at + 1) % width)];
  };
  const sources = { wide: n, chain: 1, layered: width }[kind];
  return { kind, n, sources, steps: Array.from({ length: n }, (_, k) => reads(k)) };
}

export function writeSources(folder, { sources }) {
  fs.mkdirSync(path.join(folder, "in"), { recursive: true });
  fs.mkdirSync(path.join(folder, "out"), { recursive: true });
  for (let k = 0; k < sources; k += 1) fs.writeFileSync(path.join(folder, "in", String(k)), "a\n");
}

export function writeNinja(folder, { steps }, bash) {
  const file = (read) => (typeof read === "number" ? `out/${read}` : read);
  const lines = ["rule s", "  command = $c"];
  for (const [k, reads] of steps.entries()) {
    const body = reads.map((read, i) => `read v${i} <${file(read)}; `).join("");
    const script = `${body}echo ${reads.map((_, i) => `$v${i}`).join("")} >out/${k}`;
    const command = bash ? `exec bash -c '${script}'` : script;
    lines.push(
      `build out/${k}: s ${reads.map(file).join(" ")}`,
      `  c = ${command.replaceAll("$", "$$")}`,
    );
  }
  fs.writeFileSync(path.join(folder, "build.ninja"), `${lines.join("\n")}\n`);
}

export function writeDoit(folder, { steps }) {
  const file = (read) => (typeof read === "number" ? `out/${read}` : read);
  const tasks = steps.map((reads, k) => {
    const body = reads.map((read, i) => `read v${i} <${file(read)}; `).join("");
    const script = `${body}echo ${reads.map((_, i) => `$v${i}`).join("")} ${k} >out/${k}`;
    return JSON.stringify([k, reads.map(file), script]);
  });
  const page = `TASKS = [${tasks.join(",\n")}]
def task_s():
    for k, deps, script in TASKS:
        yield {"name": str(k), "file_dep": deps, "targets": ["out/%d" % k], "actions": [script], "verbosity": 0}
`;
  fs.writeFileSync(path.join(folder, "dodo.py"), page);
}

export function writeStepwell(folder, { steps }) {
  const lines = [
    "type: pipeline",
    "display_name: bench",
    "settings: {default_compute: azureml:local}",
    "jobs:",
  ];
  for (const [k, reads] of steps.entries()) {
    const inputs = reads.map((read, i) =>
      typeof read === "number"
        ? `i${i}: "\${{parent.jobs.s${read}.outputs.o}}"`
        : `i${i}: {type: uri_file, path: ./${read}}`,
    );
    const body = reads.map((_, i) => `read v${i} <\${{inputs.i${i}}}; `).join("");
    lines.push(
      `  s${k}:`,
      `    command: "${body}echo ${reads.map((_, i) => `$v${i}`).join("")} \${{inputs.k}} >\${{outputs.o}}"`,
      `    inputs: {k: ${k}, ${inputs.join(", ")}}`,
      "    outputs: {o: {type: uri_file}}",
    );
  }
  fs.writeFileSync(path.join(folder, "pipeline.yml"), `${lines.join("\n")}\n`);
  // 100,000 steps are more values than a file may hold unasked.
  const limits = steps.length > 50_000 ? "limits: {nodes: 4000000}\n" : "";
  const config = `computes: {"*": {type: local, cpus: 2}}\n${limits}`;
  fs.writeFileSync(path.join(folder, "stepwell.yml"), config);
}
