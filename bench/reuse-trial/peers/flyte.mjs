// Flyte 2, run locally: tasks of an environment; reuse by a cache with policies.

import path from "node:path";
import { PYTHON_SYSTEM, pythonFiles } from "./python-files.mjs";

const flow = ({ imports, first, second, file }) => `
${imports}
import flyte
from flyte.io import File
from helper import helper
from ledger import told

FACTOR = 1
env = flyte.TaskEnvironment(name="trial")


@env.task${first}
async def step1(data: File, factor: int) -> int:
    told("1")
    async with data.open("rb") as file:
        x = int(bytes(await file.read()))
    value = helper(x) * factor
    return value


@env.task${second}
async def step2(value: int) -> int:
    told("2")
    return 2 * value


@env.task
async def trial(factor: int) -> int:
    data = await File.from_local("data.txt"${file})
    return await step2(await step1(data, factor))


if __name__ == "__main__":
    flyte.init()
    print("RESULT", flyte.with_runcontext(mode="local").run(trial, FACTOR).outputs().o0)
`;

const CURE = `import hashlib


def content(file):
    return hashlib.sha256(open(file, "rb").read()).hexdigest()

`;

export default {
  ...PYTHON_SYSTEM,
  name: "Flyte",
  distribution: "flyte",
  requirements: ["flyte==2.12.1"],
  says:
    'as shipped, tasks have no cache; `cache="auto"` switches it on, with the syntax tree of the task\'s own function in ' +
    "the key. The cure is a `salt` made of the helper's bytes (or a cache policy of one's own) and a content hash for the " +
    'file. It ran locally (`mode="local"`), as the others did; a Flyte cluster was not tried and may key files otherwise.',
  variants: [
    {
      title: "as shipped",
      readsFile: true,
      files: pythonFiles(flow({ imports: "", first: "", second: "", file: "" })),
    },
    {
      title: '`cache="auto"`',
      readsFile: true,
      files: pythonFiles(
        flow({ imports: "", first: '(cache="auto")', second: '(cache="auto")', file: "" }),
      ),
    },
    {
      title: "the same, `salt` of the helper, `hash_method` of the file",
      readsFile: true,
      files: pythonFiles(
        flow({
          imports: CURE,
          first: '(cache=flyte.Cache("auto", salt=content("helper.py")))',
          second: '(cache="auto")',
          file: ', hash_method=content("data.txt")',
        }),
      ),
    },
  ],
  variables: () => ({ FLYTE_DISABLE_TELEMETRY: "1" }),
  run: (bin) => [path.join(bin, "python"), "flow.py"],
};
