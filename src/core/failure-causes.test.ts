import { describe, expect, it } from "vitest";
import type { EnvironmentReference } from "../spec/graph.ts";
import { CAUSES, type FailureFacts, hintFor } from "./failure-causes.ts";

const FACTS: Omit<FailureFacts, "lines"> = {
  end: {
    exitCode: 1,
    signal: null,
    reason: "exited",
    detail: null,
    startedAt: 1,
    finishedAt: 2,
  },
  asked: null,
  environment: { label: "python of your shell" } as FailureFacts["environment"],
  interpreter: "python3",
  shellAlone: (name) => name === "HF_TOKEN",
  ignored: (paths) => {
    const path = paths.find((one) => one.includes("conf"));
    return path === undefined
      ? null
      : { path: `/me/${path}`, rule: "conf*", file: "/me/.gitignore", line: 3 };
  },
  beside: (paths) => {
    const path = paths.find((one) => one.includes("mine"));
    return path === undefined
      ? null
      : {
          path: `/me/${path}`,
          code: "./train",
          written: `./${path}`,
          inside: null,
          shipped: `./${path.split("/")[0]}`,
        };
  },
  notInCode: (path) => (path.startsWith("/w/work/a/") ? `has no ${path.slice(10)}` : null),
};

const hint = (text: string, changes: Partial<FailureFacts> = {}): string | null =>
  hintFor({ ...FACTS, lines: text.split("\n"), ...changes });

const python = (last: string): string =>
  `Traceback (most recent call last):\n  File "/w/work/a/train.py", line 2, in <module>\n    x\n${last}`;

/** Last words of real programs. */
const TEXTS: readonly [cause: string, text: string, hint: RegExp][] = [
  [
    "mlflow_experiment",
    `INFO mlflow.tracking.fluent: Experiment with name 'taxi' does not exist. Creating a new experiment.\n${python("mlflow.exceptions.MlflowException: Cannot start run with ID a because active run ID does not match environment run ID. Make sure --experiment-name or --experiment-id matches experiment set with set_experiment(), or just use command-line arguments")}`,
    /leave the call out .* --experiment taxi \(in the file: experiment_name\)$/,
  ],
  [
    "mlflow_experiment",
    `INFO mlflow.tracking.fluent: Experiment with name 'taxi' does not exist. Creating a new experiment.\n${python("mlflow.exceptions.MlflowException: Cannot start run with ID a because active experiment ID does not match environment run ID. Make sure --experiment-name or --experiment-id matches experiment set with set_experiment(), or just use command-line arguments")}`,
    /leave the call out .* --experiment taxi \(in the file: experiment_name\)$/,
  ],
  [
    "mlflow_store",
    python("mlflow.exceptions.MlflowException: Run 'a' not found"),
    /^mlflow\.set_tracking_uri leads to a store .* \{MLFLOW_TRACKING_URI: …\}$/,
  ],
  [
    "missing_module",
    python("ModuleNotFoundError: No module named 'sklearn.linear'"),
    /ran in python of your shell, which has no sklearn: python3 -m pip install scikit-learn/,
  ],
  [
    "missing_module",
    python("ModuleNotFoundError: No module named 'azureml'"),
    /pip install azureml-core .*reaches Azure alone .*log with MLflow/,
  ],
  ["missing_module", python("ImportError: No module named torch"), /pip install torch/],
  ["missing_module", "/usr/bin/python3: No module named nbconvert", /pip install nbconvert/],
  ["missing_module", "python3.12: No module named pytest", /pip install pytest/],
  [
    "missing_module",
    python("ModuleNotFoundError: No module named 'conf.base'"),
    /left out.*conf\*/,
  ],
  ["windows_line_ends", "go.sh: line 2: $'\\r': command not found", /sed -i 's\/\\r\$\/\/' FILE/],
  ["windows_line_ends", "go.sh: line 2: cd: $'/tmp\\r': No such file or directory", /line ends/],
  [
    "windows_line_ends",
    "/usr/bin/env: ‘python3\\r’: No such file or directory\n/usr/bin/env: use -[v]S to pass options in shebang lines",
    /line ends/,
  ],
  ["windows_line_ends", "env: 'python3\\r': No such file or directory", /line ends/],
  ["no_keyboard", python("EOFError: EOF when reading a line"), /standard input is empty/],
  ["script_as_program", "bash: line 1: train.py: command not found", /write python3 train\.py$/],
  ["script_as_program", "bash: line 1: ./fit.R: Permission denied", /write Rscript fit\.R$/],
  ["script_as_program", "sh: 1: go.sh: not found", /write bash go\.sh$/],
  [
    "missing_script",
    "python3: can't open file '/w/work/a/trian.py': [Errno 2] No such file or directory",
    /has no trian\.py/,
  ],
  ["windows_line_ends", "bash: ./go.sh: /bin/bash^M: bad interpreter: No such file", /line ends/],
  ["windows_line_ends", "bash: line 1: ./go.sh: cannot execute: required file not found", /#!/],
  ["missing_module", `[rank1]: ${"ModuleNotFoundError: No module named 'cv2'"}`, /opencv-python/],
  [
    "missing_node_module",
    "Error: Cannot find module 'left-pad'\nRequire stack:\n- /w/work/a/c2.js\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15)",
    /no package left-pad.*npm ci/,
  ],
  [
    "missing_node_module",
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@scope/a/sub' imported from /w/work/a/d.mjs",
    /no package @scope\/a,/,
  ],
  ["missing_node_module", "Error: Cannot find module './conf'", /left out.*\.gitignore:3/],
  [
    "missing_variable",
    python(`  File "<frozen os>", line 679, in __getitem__\nKeyError: 'HF_TOKEN'`),
    /--env HF_TOKEN, or put pass_env: \[HF_TOKEN\]/,
  ],
  ["missing_variable", "bash: line 1: HF_TOKEN: unbound variable", /--env HF_TOKEN/],
  ["missing_variable", "bash: HF_TOKEN: parameter null or not set", /--env HF_TOKEN/],
  [
    "variable_said_to_be_missing",
    python("ValueError: HF_TOKEN environment variable is not set"),
    /--env HF_TOKEN/,
  ],
  [
    "variable_asked_for",
    python("RuntimeError: Please set the HF_TOKEN environment variable"),
    /--env HF_TOKEN/,
  ],
  [
    "missing_file",
    python("FileNotFoundError: [Errno 2] No such file or directory: 'conf/a.yml'"),
    /\/me\/conf\/a\.yml is there, but was left out/,
  ],
  [
    "missing_script",
    "/usr/bin/python3: can't open file '/w/work/a/conf.py': [Errno 2] No such file or directory",
    /conf\.py is there/,
  ],
  [
    "missing_file_in_node",
    "Error: ENOENT: no such file or directory, open 'conf.json'\n    at Object.openSync (node:fs:573:18)",
    /conf\.json is there/,
  ],
  ["missing_file_in_shell", "cat: conf.csv: No such file or directory", /conf\.csv is there/],
  [
    "missing_file_in_shell",
    "bash: line 3: ./conf.sh: No such file or directory",
    /\.\/conf\.sh is there/,
  ],
  [
    "missing_file_in_shell",
    "ls: cannot access 'conf.d': No such file or directory",
    /conf\.d is there/,
  ],
  [
    "missing_file_in_r",
    "In gzfile(file, \"rb\") :\n  cannot open compressed file 'conf.rds', probable reason 'No such file or directory'\nExecution halted",
    /conf\.rds is there/,
  ],
  [
    "missing_file_in_r",
    "Fatal error: cannot open file 'conf.R': No such file or directory",
    /conf\.R is there/,
  ],
  [
    "missing_r_package",
    "Error in library(optparse) : there is no package called ‘optparse’\nExecution halted",
    /Rscript -e 'install\.packages\("optparse"\)'/,
  ],
  [
    "missing_r_package",
    "Error in loadNamespace(x) : there is no package called 'data.table'\nCalls: :: -> loadNamespace\nExecution halted",
    /no package data\.table:/,
  ],
  [
    "missing_file_in_r",
    `Error in file(file, "rt") : cannot open the connection\nCalls: read.csv -> read.table -> file\nIn addition: Warning message:\nIn file(file, "rt") :\n  cannot open file 'conf.csv': No such file or directory\nExecution halted`,
    /conf\.csv is there/,
  ],
  [
    "cuda_out_of_memory",
    python(
      "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.18 GiB of which 3.06 MiB is free.",
    ),
    /GPU's memory was full: a smaller batch/,
  ],
  [
    "cuda_out_of_memory",
    "tensorflow.python.framework.errors_impl.ResourceExhaustedError: RESOURCE_EXHAUSTED: OOM when allocating tensor",
    /GPU's memory/,
  ],
  ["out_of_memory", python("MemoryError"), /more memory than there is/],
  [
    "out_of_memory",
    python(
      "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.28 TiB for an array with shape (1000000000000,)",
    ),
    /more memory than there is/,
  ],
  [
    "out_of_memory",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    /more memory than there is/,
  ],
  ["killed", "bash: line 1: 10973 Killed                  python3 train.py", /killed from outside/],
];

describe("the known causes of a failure", () => {
  it.each(TEXTS)("%s: %s", (_, text, expected) => {
    expect(hint(text)).toMatch(expected);
  });

  it("has a real text for every cause", () => {
    expect(new Set(TEXTS.map(([cause]) => cause))).toEqual(new Set(CAUSES.map(({ name }) => name)));
  });

  it.each<[string, Partial<FailureFacts["end"]>]>([
    ["exit code 137", { exitCode: 137 }],
    ["SIGKILL", { exitCode: null, signal: "SIGKILL" }],
  ])("says of %s what nearly always does it", (_, end) => {
    expect(hint("epoch 3", { end: { ...FACTS.end, ...end } })).toMatch(/memory ran out/);
  });

  it.each<[string, string]>([
    ["a key that is no variable of the shell", python("KeyError: 'label'")],
    ["a file that nothing ignored", "cat: data.csv: No such file or directory"],
    ["a module of the step's own that is not there", "Error: Cannot find module './nolib'"],
    ["an error of the program's own", python("ValueError: negative rate")],
    ["a run of MLflow's that is not the step's", python("MlflowException: Run 'b' not found")],
    [
      "a traceback that was survived",
      `${python("KeyError: 'HF_TOKEN'")}\n${python("ValueError: x")}`,
    ],
    ["silence", ""],
  ])("says nothing of %s", (_, text) => {
    expect(hint(text)).toBeNull();
  });

  it("says nothing of an attempt that was stopped", () => {
    const end = { ...FACTS.end, reason: "timeout" } as const;
    expect(hint(python("MemoryError"), { end })).toBeNull();
  });

  it("looks at every exception of a chain", () => {
    const link = "\n\nDuring handling of the above exception, another exception occurred:\n\n";
    const text = `${python("KeyError: 'HF_TOKEN'")}${link}${python("RuntimeError: no token")}`;
    expect(hint(text)).toMatch(/--env HF_TOKEN/);
    // Its beginning may have been cut off.
    expect(hint(text.slice(text.indexOf("KeyError")))).toMatch(/--env HF_TOKEN/);
  });

  it("says of a file beside the step's code how it gets to the step", () => {
    const module = python("ModuleNotFoundError: No module named 'mine.models'");
    expect(hint(module)).toBe(
      "/me/mine/models.py is there, but it is not in the step's code (code: ./train), and a step sees nothing else: ship it with additional_includes: [./mine]",
    );
    const data = python("FileNotFoundError: [Errno 2] No such file or directory: 'mine.csv'");
    expect(hint(data)).toMatch(/make it an input \(path: \.\/mine\.csv, /);
    const own = { path: "/me/a.js", code: null, written: "./a.js", inside: null };
    const missing = "Error: Cannot find module './a'";
    expect(hint(missing, { beside: () => ({ ...own, shipped: "./a.js" }) })).toMatch(
      /the step has no code of its own, .*: ship it with code: \.\/a\.js$/,
    );
    expect(hint(missing, { beside: () => ({ ...own, shipped: "./lib" }) })).toMatch(
      /: ship it with additional_includes: \[\.\/lib\]$/,
    );
    expect(hint(data, { beside: () => ({ ...own, shipped: null }) })).toMatch(
      /make it an input .*, or let code be a folder that both lie in, and start the command there$/,
    );
  });

  it("says of a file beside the module of a function that it is made an input, and nothing of its code", () => {
    const beside = () => ({
      path: "/me/lib/rates.json",
      code: "./.stepwell/functions/1a/code",
      written: "./lib/rates.json",
      inside: null,
      shipped: "./lib",
      isFunction: true,
    });
    const log = "Error: ENOENT: no such file or directory, open 'lib/rates.json'";
    expect(hint(log, { beside })).toBe(
      '/me/lib/rates.json is there, but no file beside the module reaches a function step: make it an input (input.file({ path: "./lib/rates.json" }), a folder: input.folder), and read the path in inputs',
    );
  });

  it("says where a file of the code is that was asked for with the code's folder in front", () => {
    const found = { path: "/me/c/a.py", code: "./c", written: "./c/a.py", inside: "a.py" };
    const beside = () => ({ ...found, shipped: "./c" });
    const text = "python: can't open file '/w/work/x/c/a.py': [Errno 2] No such file or directory";
    expect(hint(text, { beside })).toMatch(/starts inside .*\(code: \.\/c\).*: write a\.py$/);
    expect(hint(python("ModuleNotFoundError: No module named 'c.a'"), { beside })).toMatch(/pip/);
  });

  it("says of what is never code that it is not", () => {
    const builtIn = () => ({ path: "/me/mlruns/x", rule: "mlruns/", file: null, line: null });
    const text = python("FileNotFoundError: [Errno 2] No such file or directory: 'mlruns/x'");
    expect(hint(text, { ignored: builtIn })).toMatch(/`mlruns\/` is never taken for code/);
  });
});

const INLINE = {
  kind: "inline",
  name: null,
  image: null,
  conda: null,
  build: null,
  requirements: null,
  project: null,
  python: null,
  packages: null,
  pythonVersion: null,
} as const satisfies EnvironmentReference;

describe("how a package is added to where the step ran", () => {
  it.each<[string, EnvironmentReference | null, RegExp]>([
    ["the shell", null, /python3 -m pip install pyyaml in that shell/],
    ["nothing in particular", INLINE, /python3 -m pip install pyyaml in that shell/],
    [
      "requirements",
      { ...INLINE, requirements: { path: "/p/r.txt", text: "" } },
      /add the line `pyyaml` to \/p\/r\.txt/,
    ],
    ["a project", { ...INLINE, project: "/p" }, /uv add --project \/p pyyaml/],
    ["an interpreter", { ...INLINE, python: "/v/bin/python" }, /\/v\/bin\/python -m pip install/],
    [
      "a conda file",
      { ...INLINE, conda: { path: "/p/conda.yml", content: {} } },
      /add `- pyyaml` below `- pip:` in the dependencies of \/p\/conda\.yml/,
    ],
    ["conda in place", { ...INLINE, conda: { path: null, content: {} } }, /of its conda_file/],
    ["an image", { ...INLINE, image: "pytorch:2" }, /environments: \{"pytorch:2": \{packages/],
    ["a build", { ...INLINE, build: { path: "/p/docker", dockerfile: null } }, /\/p\/docker/],
    [
      "a registered environment",
      { kind: "asset", name: "sk", version: "1", label: null, registry: null },
      /environments: \{sk: …\} in stepwell\.yml, or register/,
    ],
  ])("%s", (_, asked, expected) => {
    const text = python("ModuleNotFoundError: No module named 'yaml'");
    expect(hint(text, { asked })).toMatch(expected);
  });

  it.each([
    ["pkg_resources", "no pkg_resources: python3 -m pip install 'setuptools<81' in"],
    ["azure", "no azure: python3 -m pip install azure-ai-ml in"],
    ["azure.ai", "no azure.ai: python3 -m pip install azure-ai-ml in"],
    ["azure.identity", "no azure.identity: python3 -m pip install azure-identity in"],
    ["google.cloud.storage", "python3 -m pip install google-cloud-storage in"],
    ["jwt.algorithms", "no jwt: python3 -m pip install PyJWT in"],
  ])("names the package of %s", (module, expected) => {
    const text = python(`ModuleNotFoundError: No module named '${module}'`);
    expect(hint(text, {})).toContain(expected);
  });

  it.each([
    ["numpy._core", "whose numpy 1.26.4 has no numpy._core: choose a version of numpy"],
    ["sklearn.externals.six", "whose scikit-learn 1.5.2 has no sklearn.externals.six: choose"],
    ["my_app.old", "whose my-app has no my_app.old: it is not among what that project installs"],
    ["yaml.x", "which has no yaml: "],
    ["numpy", "the environment made has numpy 1.26.4, and another Python ran"],
    ["pandas", "which has no pandas: "],
    ["scikit_learn", "the environment made has scikit-learn 1.5.2, which is imported as sklearn"],
    ["sklearn", "the environment made has scikit-learn 1.5.2, and another Python ran"],
    ["pkg_resources", "which has no pkg_resources: "],
    ["google.cloud.storage", "which has no google.cloud.storage: "],
  ])("tells a package that lacks a module of its own: %s", (module, expected) => {
    const text = python(`ModuleNotFoundError: No module named '${module}'`);
    const environment = {
      label: "uv: made",
      packages: { numpy: "1.26.4", "scikit-learn": "1.5.2", google: "3.0", setuptools: "82.0" },
      editable: { "my-app": "sha256:0" },
    } as unknown as FailureFacts["environment"];
    expect(hint(text, { environment })).toContain(expected);
  });

  it("names an environment that was made as its author does", () => {
    const text = python("ModuleNotFoundError: No module named 'yaml'");
    const environment = { label: "uv: sklearn-1.5" } as FailureFacts["environment"];
    expect(hint(text, { environment })).toMatch(/ran in the environment sklearn-1\.5, which/);
  });

  it("does not know an environment that is not recorded", () => {
    const text = python("ModuleNotFoundError: No module named 'yaml'");
    expect(hint(text, { environment: null })).toMatch(/an unknown environment/);
  });
});
