// What the systems whose steps are Python functions have in common: a flow beside the helper that step 1 imports.

/** `flow` is the text of flow.py behind its imports; LEDGER_PATH is filled in by the trial. */
export function pythonFiles(flow) {
  return {
    "flow.py": `${flow.trim()}\n`,
    "helper.py": "def helper(x):\n    return x + 1\n",
    "ledger.py":
      'def told(step):\n    with open("LEDGER_PATH", "a") as file:\n        file.write(step + "\\n")\n',
    "data.txt": "1\n",
  };
}

export const PYTHON_SYSTEM = {
  stepFile: "flow.py",
  helperFile: "helper.py",
  parameter: { file: "flow.py", from: "FACTOR = 1", to: "FACTOR = 3" },
  result: ({ output }) => /RESULT (\S+)/.exec(output)?.[1] ?? "",
};
