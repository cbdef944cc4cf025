import { readFile, writeFile } from "node:fs/promises";
import { input, output, step } from "stepwell";

/** Writes the line in words, and its slope as a metric. */
export const report = step({
  name: "report",
  inputs: { line: input.file() },
  outputs: { text: output.file() },
  async run({ inputs, outputs, log }) {
    const { slope, intercept } = JSON.parse(await readFile(inputs.line, "utf8"));
    log.metric("slope", slope);
    log.metric("intercept", intercept);
    await writeFile(outputs.text, `y = ${slope.toFixed(2)} x + ${intercept.toFixed(2)}\n`);
  },
});
