import { describe, expect, it } from "vitest";
import { unwatchedPython } from "./unwatched-python.ts";

const WATCHED = { watchedBy: "python" } as const;

describe("a Python that nobody could watch", () => {
  it.each([
    ["PYTHONPATH=/x python script.py", /replaces PYTHONPATH/],
    ["export PYTHONPATH=src && python3 a.py", /replaces PYTHONPATH/],
    ["PYTHONPATH=src; python a.py", /replaces PYTHONPATH/],
    ["env PYTHONPATH=src python a.py", /replaces PYTHONPATH/],
    ["unset PYTHONPATH; python a.py", /unsets PYTHONPATH/],
    ["env -i PATH=$PATH python a.py", /env -i takes/],
    ["env -u PYTHONPATH python a.py", /env -u takes/],
    ["cd x && python -I a.py", /python -I does not load/],
    ["python3.11 -u -S a.py ${{inputs.x}}", /python -S does not load/],
    ["bash -c 'PYTHONPATH= python x.py'", /replaces PYTHONPATH/],
  ])("is found in %s, whoever else was watched", (command, why) => {
    expect(unwatchedPython({ command }, WATCHED)).toMatch(why);
    expect(unwatchedPython({ command }, { watchedBy: "strace" })).toBe(null);
  });

  it.each([
    "python a.py",
    "PYTHONPATH=src:$PYTHONPATH python a.py",
    'export PYTHONPATH="$PWD:${PYTHONPATH}"; python a.py',
    "python a.py -I -S",
    "python -m tool -E",
    "python -c 'x = 1' -S",
    "MODE=fast python a.py",
    "echo PYTHONPATH=x; python a.py",
  ])("is not seen in %s once a Python was watched", (command) => {
    expect(unwatchedPython({ command }, WATCHED)).toBe(null);
  });

  it.each([
    ["python a.py", /never told/],
    ["timeout 5 python3 ${{inputs.x}} $[[--y ${{inputs.y}}]]", /never told/],
    ["PYTHONPATH=/x node a.js", null],
    ["echo python; Rscript a.R", null],
    ["command -v python3 && node a.js", null],
    ["python3 --version", null],
    ["cat a.py", null],
  ])("is found in %s where nobody was watched at all", (command, why) => {
    const found = unwatchedPython({ command }, {});
    if (why === null) expect(found).toBe(null);
    else expect(found).toMatch(why);
  });

  it("is none in a step without a command", () => {
    expect(unwatchedPython({ command: null }, {})).toBe(null);
  });
});
