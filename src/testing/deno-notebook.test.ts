import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  makeCleanPlace,
  makeVenv,
  packNpm,
  registriesReached,
  repositoryFile,
} from "./installing.ts";

// The notebook of examples/, executed with the real kernel as Jupyter does it, in a project that has the packed package.

interface Output {
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
  readonly text: string;
}

const place = makeCleanPlace();
const reached = registriesReached(place);
const PATH = process.env.PATH ?? "";

afterAll(() => place.remove());

describe.skipIf(!reached)("the TypeScript notebook, with Deno's kernel", () => {
  let cells: readonly (readonly Output[])[];

  beforeAll(() => {
    const packed = packNpm(place);
    const project = place.at("work/notebook");
    fs.cpSync(repositoryFile("examples/notebook-typescript"), project, { recursive: true });
    place.must("npm", ["install", "--prefix", project, packed], { PATH });
    const bin = makeVenv(place, ["deno", "nbclient", "ipykernel"]);
    const kernel = place.at("jupyter/kernels/deno");
    fs.mkdirSync(kernel, { recursive: true });
    const argv = [path.join(bin, "deno"), "jupyter", "--kernel", "--conn", "{connection_file}"];
    const spec = { argv, display_name: "Deno", language: "typescript" };
    fs.writeFileSync(path.join(kernel, "kernel.json"), JSON.stringify(spec));
    const script = repositoryFile("src/testing/execute_notebook.py");
    const notebook = path.join(project, "line.ipynb");
    const done = place.run(path.join(bin, "python"), [script, notebook], {
      PATH: `${bin}:${PATH}`,
      JUPYTER_DATA_DIR: place.at("jupyter"),
    });
    if (done.code !== 0) throw new Error(done.stdout + done.stderr);
    cells = JSON.parse(done.stdout.trim().split("\n").at(-1) ?? "[]") as Output[][];
  }, 300_000);

  const last = (cell: number, kind: string): string => cells[cell]?.at(-1)?.data[kind] ?? "";

  it("runs to its end", () => {
    expect(cells.flat().filter((output) => output.type === "error")).toEqual([]);
    expect(cells.every((outputs) => outputs.length > 0)).toBe(true);
  });

  it("shows the pipeline as a graph, and the plan with its reasons", () => {
    expect(last(0, "image/svg+xml").match(/<rect/g)).toHaveLength(3);
    expect(last(1, "text/html")).toContain("never ran");
    expect(last(1, "text/html")).toContain("<svg");
  });

  it("draws the run while it goes on, to its end in the same place", () => {
    const drawn = (cells[2] ?? []).filter((output) => output.type === "display_data");
    expect(drawn.map((output) => output.data["text/plain"])).toEqual(["line-1: Completed"]);
    expect(drawn[0]?.data["text/html"]?.match(/#d8f5dd/g)).toHaveLength(3);
  });

  it("shows a run, metrics as a chart, and data as a table", () => {
    expect(last(3, "text/html")).toContain("line-1: Completed");
    expect(last(4, "image/svg+xml")).toContain("slope");
    expect(last(6, "text/html")).toContain("<th");
    expect(last(6, "text/html")).toContain("and 80 more");
  });

  it("runs nothing the second time, and says why", () => {
    expect(last(7, "text/plain")).toMatch(/draw: reused.*fit: reused.*report: reused/s);
    expect(last(8, "text/plain")).toContain("unchanged since line-1");
  });
});
