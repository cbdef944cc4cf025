import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMetricsOutput } from "./metrics-output.ts";

let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-metrics-"));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function read(text: string, name = "metrics"): Readonly<Record<string, number>> {
  fs.writeFileSync(path.join(folder, name), text);
  return readMetricsOutput(path.join(folder, name)).metrics;
}

describe("an output named metrics", () => {
  it("is read as metrics when it is one JSON object: numbers, also in objects in it", () => {
    const text = '{"auc": 0.9, "loss": {"train": 1, "test": {"x": 2}}, "name": "a", "all": [1]}';
    expect(read(text)).toEqual({ auc: 0.9, "loss.train": 1, "loss.test.x": 2 });
  });

  it("keeps the numbers beside those that are none, as Python writes them, and names these", () => {
    const text = '{"auc": 0.9, "loss": {"train": NaN, "test": -Infinity}, "far": 1e999, "NaN": 2}';
    fs.writeFileSync(path.join(folder, "metrics"), `${text.slice(0, -1)}, "note": "a NaN, \\"b"}`);
    expect(readMetricsOutput(path.join(folder, "metrics"))).toEqual({
      metrics: { auc: 0.9, NaN: 2 },
      warnings: [
        "metric loss.train is NaN, which is no number: it was left out",
        "metric loss.test is -Infinity, which is no number: it was left out",
        "metric far is Infinity, which is no number: it was left out",
      ],
    });
  });

  it("is read from the only file of a folder", () => {
    fs.mkdirSync(path.join(folder, "one"));
    read('{"auc": 1}', "one/metrics.json");
    expect(readMetricsOutput(path.join(folder, "one")).metrics).toEqual({ auc: 1 });
    read("{}", "one/other.json");
    expect(readMetricsOutput(path.join(folder, "one")).metrics).toEqual({});
  });

  it.each([
    ["a list", "[1]"],
    ["no JSON", "{auc: 1"],
    ["a NaN with more behind it", '{"auc": NaNs}'],
    ["lines", '{"a":1}\n{"a":2}'],
    ["empty", ""],
  ])("that is %s is an output like any other", (_, text) => expect(read(text)).toEqual({}));

  it("that was not made is none", () => {
    expect(readMetricsOutput(path.join(folder, "nowhere"))).toEqual({ metrics: {}, warnings: [] });
  });
});
