// Three languages: Python makes a table, R fits a line, TypeScript writes it down.
import { readFile, writeFile } from "node:fs/promises";
import { input, output, pipeline, rscript, script, step } from "stepwell";
import { inWords } from "./words.ts";

const make = script({
  name: "make",
  file: "./python/make.py",
  inputs: { rows: input.integer({ default: 50 }) },
  outputs: { table: output.file() },
});

const fit = rscript({
  name: "fit",
  file: "./r/fit.R",
  inputs: { table: input.file() },
  outputs: { line: output.file() },
});

const tell = step({
  name: "tell",
  inputs: { line: input.file(), digits: input.integer({ default: 1 }) },
  outputs: { text: output.file() },
  async run({ inputs, outputs, log }) {
    const line = JSON.parse(await readFile(inputs.line, "utf8"));
    log.metric("slope", line.slope);
    await writeFile(outputs.text, inWords(line, inputs.digits));
  },
});

export default pipeline({ name: "mixed" }, () => {
  const { table } = make().outputs;
  return { text: tell({ line: fit({ table }).outputs.line }).outputs.text };
});
