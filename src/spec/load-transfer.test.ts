import { describe, expect, it } from "vitest";
import { loaded } from "../testing/loaded-job.ts";
import { importJob } from "./import-job.ts";

const problems = (text: string): readonly string[] =>
  loaded(`type: data_transfer\n${text}`, { folders: ["data"] }).problems.map(
    ({ message, position }) => `${position?.line ?? 0}: ${message}`,
  );

const settings = (text: string): unknown => {
  const job = loaded(`type: data_transfer\n${text}`, { folders: ["data"] });
  expect(job.problems).toEqual([]);
  return job.graph?.steps[0]?.typeSettings;
};

const OUT = "outputs: {sink: {type: uri_folder}}\n";
const DATA = "inputs: {source: {type: uri_folder, path: ./data}}\n";

describe("what a transfer says", () => {
  it("names no folder that is called like a reference", () => {
    const place = "{type: file_system, connection: lake, path: 'in/${{name}}'}";
    const told = (what: string) => `3: \`\${{name}}\` means nothing in the path of a ${what}`;
    expect(problems(`task: import_data\nsource: ${place}\n${OUT}`)).toEqual([told("source")]);
    expect(problems(`task: export_data\nsink: ${place}\n${DATA}`)).toEqual([told("sink")]);
  });

  it("is the same in the job of a data import, down to the digits of a value", () => {
    const call = "stored_procedure: f, stored_procedure_params: [{name: x, value: 1.0}]";
    const source = `{type: database, connection: 'azureml:shop', ${call}}`;
    const { job } = importJob(`name: d\ntype: mltable\nsource: ${source}\npath: x\n`, "/i.yml");
    const read = loaded(JSON.stringify(job)).graph?.steps[0]?.typeSettings;
    expect(read).toMatchObject({
      source: { storedProcedureParams: [{ name: "x", value: "1.0" }] },
    });
  });

  it("is read with its defaults", () => {
    expect(settings(`task: copy_data\n${DATA}${OUT}`)).toEqual({
      task: "copy_data",
      mode: "merge_with_overwrite",
    });
    const database = "{type: database, connection: 'azureml:shop', table_name: orders}";
    expect(settings(`task: import_data\nsource: ${database}\n${OUT}`)).toEqual({
      task: "import_data",
      source: {
        type: "database",
        connection: "shop",
        query: null,
        tableName: "orders",
        storedProcedure: null,
        storedProcedureParams: [],
        watermark: null,
      },
    });
    expect(settings(`task: export_data\n${DATA}sink: ${database}\n`)).toEqual({
      task: "export_data",
      sink: { type: "database", connection: "shop", tableName: "orders", writeMode: "create" },
    });
    const procedure =
      "{type: database, connection: shop, stored_procedure: f, stored_procedure_params: [{name: n, value: 5, type: int}]}";
    expect(settings(`task: import_data\nsource: ${procedure}\n${OUT}`)).toMatchObject({
      source: {
        storedProcedure: "f",
        storedProcedureParams: [{ name: "n", value: "5", type: "int" }],
      },
    });
  });

  it("has files of a source as an input that is read where it lies", () => {
    const job = loaded(
      `type: data_transfer\ntask: import_data\nsource: {connection: 'azureml:lake', path: /in/a.csv}\n${OUT}`,
    );
    expect(job.graph?.steps[0]?.inputs).toEqual({
      source: {
        type: "uri_folder",
        mode: "direct",
        optional: false,
        source: {
          kind: "data",
          reference: { kind: "datastore", datastore: "lake", path: "in/a.csv" },
        },
      },
    });
  });

  it.each([
    ["", ["a data_transfer node needs `task`"]],
    [`task: move\n${OUT}`, ["`task` cannot be `move`"]],
    [`task: copy_data\n${OUT}`, ["copy_data needs an input to copy"]],
    [`task: copy_data\n${DATA}`, ["copy_data needs exactly one output, and has 0"]],
    [
      `task: copy_data\ninputs: {a: 5}\n${OUT}`,
      ["the input `a` of copy_data is a value, not data"],
    ],
    [`task: copy_data\n${DATA}${OUT}sink: {connection: x}\n`, ["copy_data has no `sink`"]],
    [`task: import_data\n${OUT}`, ["import_data needs `source`"]],
    [`task: import_data\nsource: {path: x}\n${OUT}`, ["a file_system source needs `connection`"]],
    [`task: import_data\n${DATA}source: {connection: x}\n${OUT}`, ["import_data takes no inputs"]],
    [
      `task: import_data\nsource: {type: database, connection: x}\n${OUT}`,
      ["exactly one of `query`, `table_name` and `stored_procedure`, and has none"],
    ],
    [
      `task: import_data\nsource: {type: database, connection: x, query: q, table_name: t}\n${OUT}`,
      ["and has query, table_name"],
    ],
    [
      `task: import_data\nsource: {type: database, connection: x, query: " "}\n${OUT}`,
      ["`query` is empty"],
    ],
    [
      `task: import_data\nsource: {type: database, connection: x, query: q, watermark: ""}\n${OUT}`,
      ["`watermark` is empty"],
    ],
    [
      `task: import_data\nsource: {type: database, connection: x, query: q, stored_procedure_params: [{value: 1}]}\n${OUT}`,
      ["`stored_procedure_params` are only taken by a `stored_procedure`"],
    ],
    [
      `task: export_data\n${DATA}sink: {type: database, connection: x}\n`,
      ["a database sink needs `table_name`"],
    ],
    [
      `task: export_data\n${DATA}sink: {type: database, connection: x, table_name: t, write_mode: over}\n`,
      ["`write_mode` cannot be `over`"],
    ],
    [`task: export_data\n${DATA}${OUT}sink: {connection: x}\n`, ["export_data has no outputs"]],
    ["task: export_data\nsink: {connection: x}\n", ["needs exactly one input, and has 0"]],
  ])("is refused: %j", (text, messages) => {
    const found = problems(text).join("\n");
    for (const message of messages) expect(found).toContain(message.replace(/^0: /, ""));
  });
});
