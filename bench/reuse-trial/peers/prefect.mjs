// Prefect 3: tasks in a flow; reuse by a cache policy.

import path from "node:path";
import { PYTHON_SYSTEM, pythonFiles } from "./python-files.mjs";

const flow = ({ imports, policy, x, read }) => `
from prefect import flow, task
${imports}
from helper import helper
from ledger import told

X = 1
FACTOR = 1


@task${policy === "" ? "" : `(cache_policy=${policy})`}
def step1(x, factor):
    told("1")
${read}    value = helper(x) * factor
    return value


@task${policy === "" ? "" : "(cache_policy=INPUTS + TASK_SOURCE)"}
def step2(value):
    told("2")
    return 2 * value


@flow
def trial():
    return step2(step1(${x}, FACTOR))


if __name__ == "__main__":
    print("RESULT", trial())
`;

const POLICIES = "from prefect.cache_policies import INPUTS, TASK_SOURCE";
const CURE = `from prefect.cache_policies import INPUTS, TASK_SOURCE, CacheKeyFnPolicy
from prefect.utilities.hashing import hash_objects


def files_read(context, parameters):
    return hash_objects(open("helper.py").read(), open("data.txt").read())

`;

export default {
  ...PYTHON_SYSTEM,
  name: "Prefect",
  distribution: "prefect",
  requirements: ["prefect==3.9.1"],
  says:
    "as shipped, the cache policy holds the run's id, so no result is taken from another run; `INPUTS + TASK_SOURCE` " +
    "switches that on. The cure is a cache key function of one's own, here over `helper.py` and `data.txt`. It has no " +
    "files as inputs (a path is a string).",
  variants: [
    {
      title: "as shipped",
      files: pythonFiles(flow({ imports: "", policy: "", x: "X", read: "" })),
    },
    {
      title: "`INPUTS + TASK_SOURCE`",
      files: pythonFiles(
        flow({ imports: POLICIES, policy: "INPUTS + TASK_SOURCE", x: "X", read: "" }),
      ),
    },
    {
      title: "the same and a key function over the files read",
      readsFile: true,
      files: pythonFiles(
        flow({
          imports: CURE,
          policy: "INPUTS + TASK_SOURCE + CacheKeyFnPolicy(cache_key_fn=files_read)",
          x: '"data.txt"',
          read: "    x = int(open(x).read())\n",
        }),
      ),
    },
  ],
  variables: (parent) => ({
    PREFECT_HOME: path.join(parent, "prefect"),
    PREFECT_SERVER_ANALYTICS_ENABLED: "false",
    PREFECT_LOGGING_LEVEL: "ERROR",
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: "120",
    NO_PROXY: "127.0.0.1,localhost",
  }),
  run: (bin) => [path.join(bin, "python"), "flow.py"],
};
