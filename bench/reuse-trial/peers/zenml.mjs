// ZenML on its default local stack: steps of a pipeline; reuse is on as shipped.

import path from "node:path";
import { PYTHON_SYSTEM, pythonFiles } from "./python-files.mjs";

const flow = ({ imports, decorator, read }) => `
from zenml import pipeline, step
${imports}
from helper import helper
from ledger import told

FACTOR = 1


@step${decorator}
def step1(x: int, factor: int) -> int:
    told("1")
${read}    value = helper(x) * factor
    return value


@step
def step2(value: int) -> int:
    told("2")
    return 2 * value


@pipeline
def trial():
    step2(step1(1, FACTOR))


if __name__ == "__main__":
    run = trial()
    print("RESULT", run.steps["step2"].output.load())
`;

export default {
  ...PYTHON_SYSTEM,
  name: "ZenML",
  distribution: "zenml",
  requirements: ["zenml[local]==0.98.0"],
  says:
    "reuse is on as shipped, by the step's source, parameters and artifacts. The cure is `CachePolicy(file_dependencies=…)` " +
    "with the helper and the file that is read. As shipped it has no files as inputs of a step.",
  variants: [
    {
      title: "as shipped",
      files: pythonFiles(flow({ imports: "", decorator: "", read: "" })),
    },
    {
      title: "`CachePolicy(file_dependencies=…)`",
      readsFile: true,
      files: pythonFiles(
        flow({
          imports: "from zenml.config import CachePolicy",
          decorator: '(cache_policy=CachePolicy(file_dependencies=["helper.py", "data.txt"]))',
          read: '    x = int(open("data.txt").read())\n',
        }),
      ),
    },
  ],
  variables: (parent) => ({
    ZENML_CONFIG_PATH: path.join(parent, "zenml"),
    ZENML_ANALYTICS_OPT_IN: "false",
  }),
  prepare: (bin) => [[path.join(bin, "zenml"), "init"]],
  run: (bin) => [path.join(bin, "python"), "flow.py"],
};
