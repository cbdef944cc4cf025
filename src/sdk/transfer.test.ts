import { describe, expect, it } from "vitest";
import type { Component } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import { pipeline } from "./pipeline.ts";
import { PIPELINE } from "./pipeline-parts.ts";
import { input, output } from "./ports.ts";
import { exportTable, importQuery, transfer } from "./transfer.ts";

// Steps that move data, as the component that the reader of pipelines gets.

function written(body: () => void): object {
  const { components } = pipeline({ name: "p" }, body)[PIPELINE].write(new Map(), "/pipeline.ts");
  const [one] = [...components.values()];
  return JSON.parse(one?.text ?? "null");
}

describe("a transfer", () => {
  it("of one source has the input `from`", () => {
    const copy = transfer({ name: "copy", from: input.folder(), to: output.folder() });
    expect(written(() => void copy({ from: "/data" }))).toMatchObject({
      type: "data_transfer",
      task: "copy_data",
      inputs: { from: { type: "uri_folder" } },
      outputs: { to: { type: "uri_folder" } },
    });
  });

  it("of several has them by name, and says what happens where they clash", () => {
    const both = transfer({
      name: "both",
      from: { one: input.folder(), two: input.file() },
      to: output.folder(),
      mode: "fail_if_conflict",
    });
    expect(written(() => void both({ one: "/a", two: "/b" }))).toMatchObject({
      data_copy_mode: "fail_if_conflict",
      inputs: { one: { type: "uri_folder" }, two: { type: "uri_file" } },
    });
  });

  it.each([
    ["without an end", { name: "x", from: input.folder() }, /needs `from` and `to`/],
    ["without a name", { from: input.folder(), to: output.folder() }, /name/],
    ["that is nothing", null, /transfer\(\{/],
  ])("%s is refused", (_, definition, message) => {
    const make = (): unknown => transfer(definition as never);
    expect(make).toThrow(DefinitionError);
    expect(make).toThrow(message);
  });
});

describe("an import", () => {
  it("is of a query, a table or a procedure, with its own rule for running again", () => {
    const rows = importQuery({
      name: "rows",
      connection: "shop",
      query: "SELECT 1",
      watermark: "SELECT 2",
      reuse: { max_age: "1d" },
    });
    expect(written(() => void rows())).toMatchObject({
      task: "import_data",
      source: { type: "database", connection: "shop", query: "SELECT 1", watermark: "SELECT 2" },
      outputs: { sink: { type: "mltable" } },
    });
    const called = importQuery({
      name: "called",
      connection: "shop",
      procedure: "top",
      params: [{ value: 3 }],
    });
    expect(written(() => void called())).toMatchObject({
      source: { stored_procedure: "top", stored_procedure_params: [{ value: 3 }] },
    });
  });

  it.each([
    { name: "x", connection: "c" },
    { name: "x", connection: "c", query: "q", table: "t" },
    { name: "x", query: "q" },
  ])("that names no rows, or two, is refused: %j", (definition) => {
    expect(() => importQuery(definition as never)).toThrow(DefinitionError);
  });
});

describe("an export", () => {
  it("says how rows meet a table that is there", () => {
    const out = exportTable({ name: "out", connection: "shop", table: "t", mode: "append" });
    expect(written(() => void out({ source: "/rows" }))).toMatchObject({
      task: "export_data",
      sink: { type: "database", connection: "shop", table_name: "t", write_mode: "append" },
    });
  });

  it.each([
    { name: "x", connection: "c" },
    { name: "x", table: "t" },
  ])("without table or connection is refused: %j", (definition) => {
    const make = (): Component<never, never> => exportTable(definition as never) as never;
    expect(make).toThrow(DefinitionError);
  });
});
