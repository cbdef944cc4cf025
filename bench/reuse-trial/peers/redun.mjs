// redun: tasks whose calls are hashed; reuse is on as shipped.

import path from "node:path";
import { PYTHON_SYSTEM, pythonFiles } from "./python-files.mjs";

const flow = ({ file, imports, includes }) => `
from redun import ${file === "File" ? "File, " : ""}task${imports}
from helper import helper
from ledger import told

redun_namespace = "trial"
FACTOR = 1


@task(${includes})
def step1(data: ${file}, factor: int) -> int:
    told("1")
    x = int(data.read())
    value = helper(x) * factor
    return value


@task()
def step2(value: int) -> int:
    told("2")
    return 2 * value


@task()
def main(factor: int = FACTOR) -> int:
    return step2(step1(${file}("data.txt"), factor))
`;

export default {
  ...PYTHON_SYSTEM,
  name: "redun",
  distribution: "redun",
  requirements: ["redun==0.44.1"],
  says:
    "reuse is on as shipped; a task's key is its source and arguments, a `File`'s is path, size and time. The cure is " +
    "`hash_includes=[helper]` for the function called and `ContentFile` for the file.",
  variants: [
    {
      title: "as shipped",
      readsFile: true,
      files: pythonFiles(flow({ file: "File", imports: "", includes: "" })),
    },
    {
      title: "`hash_includes=[helper]` and `ContentFile`",
      readsFile: true,
      files: pythonFiles(
        flow({
          file: "ContentFile",
          imports: "\nfrom redun.file import ContentFile",
          includes: "hash_includes=[helper]",
        }),
      ),
    },
  ],
  run: (bin) => [path.join(bin, "redun"), "run", "flow.py", "main"],
  result: ({ output }) => /^(\d+)$/m.exec(output)?.[1] ?? "",
};
