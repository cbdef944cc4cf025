// An output of a run: where it lies, a copy of it, its text, its records.

import fs from "node:fs";
import path from "node:path";
import type { OutputRecord } from "../core/output.ts";
import { copyName, findOutput } from "../operations/recorded/find-output.ts";
import { readText } from "../ports/read-file.ts";
import type { RunOutput } from "../sdk/run.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import { registerOutput } from "./assets.ts";
import type { Home } from "./home.ts";
import { isParquet, parquetRows } from "./parquet-rows.ts";
import { accepted } from "./refused.ts";
import { csvRows } from "./rows.ts";
import { shownRows } from "./show-run.ts";

/** A text has to fit into memory, and into one string of V8. */
const MOST_BYTES = 256 * 1000 * 1000;

export function createOutput(home: Home, run: string, name: string): RunOutput {
  const find = (): Promise<OutputRecord> =>
    home.use(async (workspace) => accepted(await findOutput(workspace, run, name)));
  const place = async (inside: string | undefined): Promise<string> =>
    insideOf((await find()).path, inside);
  const text = async (inside: string | undefined): Promise<string> => textOf(await place(inside));
  return {
    name,
    path: place,
    download: (folder) =>
      home.use(async (workspace) => {
        const record = accepted(await findOutput(workspace, run, name));
        const destination = path.resolve(folder, copyName(name, record));
        const copied = await workspace.contents.publish(record, destination, "outputs --to");
        if (copied.ok) return destination;
        const { code, message, hint } = copied.failure;
        throw new StepwellError(code, message, hint);
      }),
    text,
    async json(inside) {
      const file = await place(inside);
      try {
        return JSON.parse(textOf(file));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw new StepwellError(
          "not_json",
          `${file} is not JSON: ${error.message}`,
          "read it with text()",
        );
      }
    },
    async rows(inside) {
      const file = onlyTable(await place(inside));
      checkSize(file);
      const rows = isParquet(file) ? await parquetRows(file) : csvRows(textOf(file), file);
      return shownRows([...rows]);
    },
    async register(as) {
      const { type } = await find();
      return registerOutput(home, { run, output: name, type }, as);
    },
  };
}

function insideOf(folder: string, inside: string | undefined): string {
  if (inside === undefined) return folder;
  const file = path.resolve(folder, inside);
  if (!file.startsWith(folder + path.sep))
    throw new StepwellError(
      "outside_output",
      `${inside} does not lie in ${folder}`,
      "name a file of the output",
    );
  if (fs.existsSync(file)) return file;
  throw new StepwellError(
    "no_such_file",
    `there is no ${inside} in ${folder}`,
    `there is ${listing(folder)}`,
  );
}

function textOf(file: string): string {
  const stat = fs.statSync(file);
  if (stat.isDirectory())
    throw new StepwellError(
      "is_folder",
      `${file} is a folder`,
      `name a file of it: ${listing(file)}`,
    );
  checkSize(file);
  return readText(file);
}

function checkSize(file: string): void {
  const { size } = fs.statSync(file);
  if (size > MOST_BYTES)
    throw new StepwellError(
      "too_large",
      `${file} has ${Math.round(size / 1e6)} MB, more than ${MOST_BYTES / 1e6} MB`,
      "read it piece by piece from path()",
    );
}

/** The file, or the only table of a folder. */
function onlyTable(place: string): string {
  if (!fs.statSync(place).isDirectory()) return place;
  const tables = fs.readdirSync(place).filter((name) => /\.(csv|parquet)$/i.test(name));
  const [only, second] = tables;
  if (only !== undefined && second === undefined) return path.join(place, only);
  throw new StepwellError(
    "which_table",
    `${place} has ${tables.length === 0 ? "no" : "several"} CSV or Parquet files`,
    `name a file of it: ${listing(place)}`,
  );
}

const SHOWN = 12;

function listing(folder: string): string {
  if (!fs.statSync(folder).isDirectory()) return "one file, no folder";
  const names = fs.readdirSync(folder);
  if (names.length === 0) return "nothing in it";
  return `${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ", …" : ""}`;
}
