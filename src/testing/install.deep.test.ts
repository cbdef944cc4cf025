import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../version.ts";
import {
  makeCleanPlace,
  makeVenv,
  packWheel,
  registriesReached,
  repositoryFile,
} from "./installing.ts";

// What takes longer than a test may: the notebook with its kernel and pandas, `uvx`, the demo of an installed package.
// Needs package registries.

const place = makeCleanPlace();
const reached = registriesReached(place);

afterAll(() => place.remove());

/** Executes the notebook of the current folder and prints every output, by its plain text. */
const EXECUTE = `
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read("experiment.ipynb", 4)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
for cell in notebook.cells:
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        print(output.get("text") or data.get("text/plain"), "<table" in data.get("text/html", ""))
`;

describe.skipIf(!reached)("an installed wheel", () => {
  let bin: string;
  let wheel: string;
  const env = () => ({ PATH: [bin, place.at("tools"), "/usr/bin", "/bin"].join(":") });

  beforeAll(() => {
    wheel = packWheel(place);
    bin = makeVenv(place, [`${wheel}[notebook]`, "ipykernel", "nbclient", "uv"]);
  });

  it("executes the example notebook on the ordinary Python kernel", () => {
    const folder = place.at("work");
    fs.copyFileSync(
      repositoryFile("examples/notebook/experiment.ipynb"),
      path.join(folder, "experiment.ipynb"),
    );
    const said = place.must(path.join(bin, "python"), ["-c", EXECUTE], env());
    expect(said).toMatch(
      /added to pipeline\.yml:[\s\S]*table: \$\{\{parent\.jobs\.prepare\.outputs/,
    );
    expect(said).toMatch(/work-1 Completed\n.*prepare .*\n.*train .* error 4\.82\S* True/);
    expect(said).toMatch(/height {2}weight\n0 +167\.4 +70\.0/);
    expect(said).toMatch(/train ran: parameter alpha 0\.1 → 20/);
    expect(said).toMatch(/reuse +prepare +unchanged since work-1/);
    expect(said).toMatch(/work-2 +Completed +1 +1/);
    expect(said).toMatch(/the job has no input `alpha`/);
    expect(said).toMatch(/work-2 has no step tarin/);
  });

  it("reads CSV, Parquet and JSON outputs, and folders of them, as data frames", () => {
    const script = `
import gzip, pandas, pathlib
from stepwell._frames import read
there = pathlib.Path("frames"); (there / "many").mkdir(parents=True)
(there / "csv").write_text("a,b\\n1,x\\n"); (there / "tsv").write_text("a\\tb\\n1\\tx\\n")
(there / "gz").write_bytes(gzip.compress(b"a,b\\n1,x\\n"))
(there / "lines").write_text('{"a": 1, "b": "x"}\\n{"a": 2, "b": "y"}\\n')
(there / "json").write_text('[{"a": 1, "b": "x"}]')
(there / "many" / "1.csv").write_text("a,b\\n1,x\\n"); (there / "many" / "2.csv").write_text("a,b\\n2,y\\n")
pandas.DataFrame({"a": [1], "b": ["x"]}).to_parquet(there / "parquet")
print([read(there / name).values.tolist() for name in ("csv", "tsv", "gz", "json", "parquet", "lines", "many")])
`;
    const rows = "[[1, 'x']]";
    const two = "[[1, 'x'], [2, 'y']]";
    expect(place.must(path.join(bin, "python"), ["-c", script], env()).trim()).toBe(
      `[${[rows, rows, rows, rows, rows, two, two].join(", ")}]`,
    );
  });

  it("runs by uvx", () => {
    const words = ["tool", "run", "--from", wheel, "stepwell", "--version"];
    expect(place.must(path.join(bin, "uv"), words, env())).toBe(`${VERSION}\n`);
  });

  it("shows the demo, which leaves a folder to be edited and goes on there", () => {
    const words = ["demo", place.at("work/a demo")];
    const said = place.must(path.join(bin, "stepwell"), words, env());
    expect(said).toMatch(/\$ stepwell why tumours-3 train\ntrain ran: code changed: features\.py/);
    expect(said).toMatch(/Try: cd 'a demo' && stepwell show tumours-3/);
    expect(place.must(path.join(bin, "stepwell"), words, env())).toMatch(/tumours-6 Completed/);
  }, 600_000);
});
