// Stepwell, by its real command line: the bundle of this clone.

import fs from "node:fs";
import { COMMAND_SYSTEM, commandFiles } from "./command-files.mjs";

const pipeline = ({ first, second, in1, in2 }) => `type: pipeline
display_name: trial
settings: {default_compute: azureml:local}
jobs:
  step1:
    command: python3 ${in1}step1.py \${{inputs.data}} \${{inputs.factor}} \${{outputs.first}}
    code: ${first}
    inputs: {data: {type: uri_file, path: ./data.txt}, factor: 1}
    outputs: {first: {type: uri_file}}
  step2:
    command: python3 ${in2}step2.py \${{inputs.first}} \${{outputs.second}}
    code: ${second}
    inputs: {first: "\${{parent.jobs.step1.outputs.first}}"}
    outputs: {second: {type: uri_file}}
`;

const files = (places) => ({ ...commandFiles(), "pipeline.yml": pipeline(places) });

export default {
  ...COMMAND_SYSTEM,
  name: "Stepwell",
  parameter: { file: "pipeline.yml", from: "factor: 1", to: "factor: 3" },
  says:
    "a step's key holds the content of its whole code folder. Where two steps share one folder, an edit of either's files " +
    "runs both: the price of asking for no list of files.",
  variants: [
    {
      title: "a code folder for each step",
      readsFile: true,
      files: files({ first: "./step1", second: "./step2", in1: "", in2: "" }),
    },
    {
      title: "one code folder for both steps",
      readsFile: true,
      files: files({ first: ".", second: ".", in1: "step1/", in2: "step2/" }),
    },
  ],
  run: (cli) => [process.execPath, cli, "run"],
  result: async ({ ask, bin: cli }) => {
    const said = await ask([process.execPath, cli, "outputs", "step2.second"]);
    return fs.readFileSync(said.trim(), "utf8").trim();
  },
};
