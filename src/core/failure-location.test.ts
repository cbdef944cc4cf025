import { describe, expect, it } from "vitest";
import { innermostFrame, pathInCode } from "./failure-location.ts";

const WORK = "/home/me/.stepwell/work/a1";
const CODE = ["train.py", "pkg/data.py", "a.mjs", "b.js", "with space.mjs"];

const at = (text: string, work = WORK): string | null => {
  const frame = innermostFrame(text.replaceAll("WORK", work).split("\n"), (path) => {
    const inside = pathInCode(path, "a1");
    return inside !== null && CODE.includes(inside) ? inside : null;
  });
  return frame === null ? null : `${frame.file}:${frame.line}`;
};

describe("where a program failed, by its last words", () => {
  it.each<[string, string, string | null]>([
    [
      "the innermost frame in the step's code, not the library's below it",
      `Traceback (most recent call last):
  File "WORK/train.py", line 9, in <module>
    load()
  File "WORK/pkg/data.py", line 4, in load
    return pandas.read_csv("x")
  File "/usr/lib/python3/site-packages/pandas/io.py", line 912, in read_csv
    raise FileNotFoundError
FileNotFoundError: x`,
      "pkg/data.py:4",
    ],
    [
      "of two linked exceptions the one that ended it",
      `Traceback (most recent call last):
  File "WORK/pkg/data.py", line 4, in load
    x
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "WORK/train.py", line 7, in <module>
    raise ValueError
ValueError`,
      "train.py:7",
    ],
    [
      "a file that Python could not read",
      `  File "WORK/train.py", line 3\n    def f(:\nSyntaxError: invalid syntax`,
      "train.py:3",
    ],
    [
      "a frame of one process of several",
      `[rank0]: Traceback (most recent call last):\n[rank0]:   File "WORK/train.py", line 5, in <module>\n[rank0]: RuntimeError: x`,
      "train.py:5",
    ],
    ["a relative path", `  File "train.py", line 2, in <module>\nNameError: x`, "train.py:2"],
    [
      "the first frame of Node's stack",
      `file://WORK/a.mjs:1
throw new Error('x')
Error: x
    at f (file://WORK/a.mjs:1:21)
    at async file://WORK/b.js:9:38
    at ModuleJob.run (node:internal/modules/esm/module_job:325:25)

Node.js v20.20.2`,
      "a.mjs:1",
    ],
    [
      "Node's own frames above it passed over",
      `Error: ENOENT: no such file or directory, open 'nofile'
    at Object.openSync (node:fs:573:18)
    at Object.<anonymous> (WORK/b.js:4:15)
    at node:internal/main/run_main_module:28:49 {
  errno: -2,
}`,
      "b.js:4",
    ],
    [
      "a file that Node could not read",
      `WORK/b.js:6\nlet x = ;\n        ^\n\nSyntaxError: Unexpected token ';'\n    at wrapSafe (node:internal/modules/cjs/loader:1464:18)`,
      "b.js:6",
    ],
    ["a name with a space", `    at f (file://WORK/with%20space.mjs:2:1)`, "with space.mjs:2"],
    ["nothing where no frame is the step's", `  File "/usr/lib/x.py", line 3, in f`, null],
    ["nothing where a URL is no path", `    at f (file://%zz/a.mjs:2:1)`, null],
    ["nothing of text that was run", `  File "<string>", line 1, in <module>\nKeyError: 'x'`, null],
    ["nothing of an empty log", "", null],
  ])("gives %s", (_, text, expected) => {
    expect(at(text)).toBe(expected);
  });

  it.each(["ProcessPoolExecutor", "Pool"])(
    "gives the worker's frame where a pool hands its exception on: %s",
    (pool) => {
      const remote =
        pool === "Pool" ? "multiprocessing.pool.RemoteTraceback" : "x.process._RemoteTraceback";
      const text = `${remote}: \n"""
Traceback (most recent call last):
  File "/usr/lib/python3/pool.py", line 125, in worker
    result = (True, func(*args, **kwds))
  File "WORK/pkg/data.py", line 5, in work
    return 1/x
ZeroDivisionError: division by zero
"""

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "WORK/train.py", line 8, in <module>
    list(pool.map(work, [0]))
  File "/usr/lib/python3/pool.py", line 774, in get
    raise self._value
ZeroDivisionError: division by zero`;
      expect(at(text)).toBe("pkg/data.py:5");
      expect(at(text.replace("WORK/pkg", "/elsewhere"))).toBe("train.py:8");
      const later = `${text}\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "WORK/train.py", line 9, in <module>\nValueError`;
      expect(at(later)).toBe("train.py:9");
    },
  );

  it("finds it in a folder whose name has quotes, parentheses or a newline", () => {
    for (const folder of ['/a"b', "/my (1) project", "/a\nb", '/"(1)\n", line 2/c']) {
      const work = `${folder}/.stepwell/work/a1`;
      const python = `  File "WORK/train.py", line 9, in <module>\n    x\nKeyError: 'x'`;
      expect(at(python, work)).toBe("train.py:9");
      const node = `Error: x\n    at f (WORK/b.js:1:19)\n    at Object.<anonymous> (WORK/b.js:2:3)\n    at Module._compile (node:internal/modules/cjs/loader:1521:14)`;
      expect(at(node, work)).toBe("b.js:1");
    }
  });

  it("knows the attempt's own copy from that of another", () => {
    expect(pathInCode(`${WORK}/a/b.py`, "a1")).toBe("a/b.py");
    expect(pathInCode(`${WORK}/a/b.py`, "a2")).toBeNull();
    expect(pathInCode("./b.py", "a1")).toBe("b.py");
    expect(pathInCode("node:fs", "a1")).toBeNull();
  });
});
