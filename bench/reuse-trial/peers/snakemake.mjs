// Snakemake: rules with scripts; reruns by its default triggers (times, parameters, inputs, software, code).

import fs from "node:fs";
import path from "node:path";
import { COMMAND_SYSTEM, commandFiles } from "./command-files.mjs";

const SCRIPT = `import sys

sys.path.insert(0, "step1")
from helper import helper

with open("LEDGER_PATH", "a") as file:
    file.write("1\\n")
factor = snakemake.params.factor
x = int(open(snakemake.input.data).read())
value = helper(x) * factor
open(snakemake.output[0], "w").write(str(value))
`;

const SECOND = `with open("LEDGER_PATH", "a") as file:
    file.write("2\\n")
open(snakemake.output[0], "w").write(str(2 * int(open(snakemake.input[0]).read())))
`;

const rules = (inputs) => `rule all:
    input: "second.txt"

rule step1:
    input: ${inputs}
    output: "first.txt"
    params: factor=1
    script: "step1/step1.py"

rule step2:
    input: "first.txt"
    output: "second.txt"
    script: "step2/step2.py"
`;

const files = (inputs) => ({
  ...commandFiles(),
  "step1/step1.py": SCRIPT,
  "step2/step2.py": SECOND,
  Snakefile: rules(inputs),
});

export default {
  ...COMMAND_SYSTEM,
  name: "Snakemake",
  distribution: "snakemake",
  requirements: ["snakemake==9.27.1"],
  parameter: { file: "Snakefile", from: "factor=1", to: "factor=3" },
  says:
    "the `script:` of a rule is watched as shipped, what it imports is not. The cure is to name the helper under `input`. " +
    "A step whose input was made again runs again, whatever the bytes.",
  variants: [
    { title: "as shipped", readsFile: true, files: files('data="data.txt"') },
    {
      title: "the helper under `input` too",
      readsFile: true,
      files: files('data="data.txt", helper="step1/helper.py"'),
    },
  ],
  run: (bin) => [path.join(bin, "snakemake"), "--cores", "1"],
  result: ({ folder }) => fs.readFileSync(path.join(folder, "second.txt"), "utf8").trim(),
};
