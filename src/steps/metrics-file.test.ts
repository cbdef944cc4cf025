import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMetricsFile } from "./metrics-file.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-metrics-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  const file = path.join(folder, "metrics.jsonl");
  fs.writeFileSync(file, text);
  return readMetricsFile(file);
}

describe("readMetricsFile", () => {
  it("reads the last point of each name, with and without a step", () => {
    const { metrics, warnings } = read(
      '{"name":"loss","value":0.5,"step":1}\n\n{"name":"loss","value":1e-3,"step":2}\n{"name":"n","value":7}\n',
    );
    expect(metrics).toMatchObject([
      { name: "loss", value: 0.001, step: 2 },
      { name: "n", value: 7, step: null },
    ]);
    expect(warnings).toEqual([]);
  });

  it("finds no metrics where a step has put a folder in the place of the file", () => {
    expect(readMetricsFile(folder)).toEqual({ metrics: [], warnings: [] });
  });

  it("is silent about a half-written last line, and reads a whole one without its end", () => {
    expect(read('{"name":"a","value":1}\n{"name":"b","va')).toMatchObject({
      metrics: [{ name: "a" }],
      warnings: [],
    });
    expect(read('{"name":"a","value":1}').metrics).toHaveLength(1);
  });

  it("leaves out what is no number, names it, and reads on", () => {
    expect(
      read('{"name":"a","value":NaN}\n{"name":"b","value":1}\n{"name":"c","value":-Infinity}'),
    ).toEqual({
      metrics: [expect.objectContaining({ name: "b", value: 1 })],
      warnings: [
        "metrics line 1: metric a is NaN, which is no number: it was left out",
        "metrics line 3: metric c is -Infinity, which is no number: it was left out",
      ],
    });
  });

  it("warns about bad lines by number and goes on", () => {
    const { metrics, warnings } = read(
      'loss=1\n{"name":"a","value":"1"}\n[]\n{"value":1}\n{"name":"a","value":1,"step":"x"}\n{"name":"b","value":2}\n',
    );
    expect(metrics).toMatchObject([{ name: "b", value: 2 }]);
    expect(warnings.map((warning) => warning.split(":")[0])).toEqual(
      [1, 2, 3, 4, 5].map((line) => `metrics line ${line}`),
    );
  });

  it("says once how many more lines are bad", () => {
    const { warnings } = read("x\n".repeat(1000));
    expect(warnings).toHaveLength(11);
    expect(warnings.at(-1)).toContain("990");
  });

  it("takes a missing file as no metrics", () => {
    expect(readMetricsFile(path.join(folder, "none"))).toEqual({ metrics: [], warnings: [] });
  });
});
