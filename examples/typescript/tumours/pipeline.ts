// The demo in TypeScript: prepare, train and evaluate in Python, the report a function of this very language. It runs the
// same scripts as `stepwell demo`.
import { readFile, writeFile } from "node:fs/promises";
import { type Environment, command, input, output, pipeline, sh, step } from "stepwell";

const project = "../../../demo/project";
const environment: Environment = { requirements: `${project}/requirements.txt` };

const prepare = command({
  name: "prepare",
  code: `${project}/prepare`,
  environment,
  outputs: { clean: output.folder() },
  run: ({ outputs }) => sh`python prepare.py --out ${outputs.clean}`,
});

const describe = command({
  name: "describe",
  code: `${project}/describe`,
  environment,
  inputs: { data: input.folder() },
  outputs: { summary: output.file() },
  run: ({ inputs, outputs }) => sh`python describe.py --data ${inputs.data} --out ${outputs.summary}`,
});

const train = command({
  name: "train",
  code: `${project}/train`,
  environment,
  inputs: { data: input.folder(), trees: input.integer({ default: 300, min: 1 }) },
  outputs: { model: output.folder() },
  run: ({ inputs, outputs }) =>
    sh`python train.py --data ${inputs.data} --trees ${inputs.trees} --model ${outputs.model}`,
});

const evaluate = command({
  name: "evaluate",
  code: `${project}/evaluate`,
  environment,
  inputs: { data: input.folder(), model: input.folder() },
  outputs: { scores: output.file() },
  run: ({ inputs, outputs }) =>
    sh`python evaluate.py --data ${inputs.data} --model ${inputs.model} --out ${outputs.scores}`,
});

const report = step({
  name: "report",
  inputs: { scores: input.file(), summary: input.file() },
  outputs: { page: output.file() },
  async run({ inputs, outputs, log }) {
    const scores: Record<string, number> = JSON.parse(await readFile(inputs.scores, "utf8"));
    for (const [name, value] of Object.entries(scores)) log.metric(name, value);
    const rows = Object.entries(scores).map(([name, value]) => `| ${name} | ${value.toFixed(3)} |`);
    const summary = await readFile(inputs.summary, "utf8");
    await writeFile(outputs.page, `# Tumours\n\n| score | |\n|---|---|\n${rows.join("\n")}\n\n${summary}`);
  },
});

export default pipeline(
  { name: "tumours", inputs: { trees: input.integer({ default: 300 }) } },
  ({ inputs }) => {
    const data = prepare().outputs.clean;
    const { summary } = describe({ data }).outputs;
    const { model } = train({ data, trees: inputs.trees }).outputs;
    const { scores } = evaluate({ data, model }).outputs;
    return { model, page: report({ scores, summary }).outputs.page };
  },
);
