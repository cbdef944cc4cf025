// DVC: stages of commands in dvc.yaml; what a stage depends on is declared.

import fs from "node:fs";
import path from "node:path";
import { COMMAND_SYSTEM, commandFiles } from "./command-files.mjs";

const stages = (dependencies) => `stages:
  step1:
    cmd: python step1/step1.py data.txt \${factor} first.txt
    deps: [${dependencies}]
    params: [factor]
    outs: [first.txt]
  step2:
    cmd: python step2/step2.py first.txt second.txt
    deps: [step2/step2.py, first.txt]
    outs: [second.txt]
`;

const files = (dependencies) => ({
  ...commandFiles(),
  "dvc.yaml": stages(dependencies),
  "params.yaml": "factor: 1\n",
});

export default {
  ...COMMAND_SYSTEM,
  name: "DVC",
  distribution: "dvc",
  requirements: ["dvc==3.67.1"],
  parameter: { file: "params.yaml", from: "factor: 1", to: "factor: 3" },
  says:
    "a stage depends on what `deps` names: usually the script and its data. The cure is to name the helper too (a folder " +
    "can be named as a whole).",
  variants: [
    {
      title: "script and data in `deps`",
      readsFile: true,
      files: files("step1/step1.py, data.txt"),
    },
    {
      title: "the helper in `deps` too",
      readsFile: true,
      files: files("step1/step1.py, step1/helper.py, data.txt"),
    },
  ],
  variables: () => ({ DVC_NO_ANALYTICS: "1" }),
  prepare: (bin) => [[path.join(bin, "dvc"), "init", "--no-scm", "--quiet"]],
  run: (bin) => [path.join(bin, "dvc"), "repro"],
  result: ({ folder }) => fs.readFileSync(path.join(folder, "second.txt"), "utf8").trim(),
};
