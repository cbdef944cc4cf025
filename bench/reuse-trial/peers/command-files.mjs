// What the systems whose steps are commands have in common: a folder for each step, the helper beside the first script.

export function commandFiles() {
  return {
    "step1/step1.py": `import sys
from helper import helper

with open("LEDGER_PATH", "a") as file:
    file.write("1\\n")
data, factor, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
x = int(open(data).read())
value = helper(x) * factor
open(out, "w").write(str(value))
`,
    "step1/helper.py": "def helper(x):\n    return x + 1\n",
    "step2/step2.py": `import sys

with open("LEDGER_PATH", "a") as file:
    file.write("2\\n")
open(sys.argv[2], "w").write(str(2 * int(open(sys.argv[1]).read())))
`,
    "data.txt": "1\n",
  };
}

export const COMMAND_SYSTEM = {
  stepFile: "step1/step1.py",
  helperFile: "step1/helper.py",
};
