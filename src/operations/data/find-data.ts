// What a person means by the data of a command line: a data asset, an output of a run, a path or an address.

import fs from "node:fs";
import path from "node:path";
import { parseShortName } from "../../spec/asset-name.ts";
import { DATA_REFERENCE_FORMS, parseDataReference } from "../../spec/data-reference.ts";
import type { DataReference } from "../../spec/graph.ts";
import { outputNames } from "../recorded/find-output.ts";
import { findTarget } from "../recorded/find-run.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

const FORMS =
  "name a data asset (NAME, NAME:VERSION, NAME@LABEL), an output (RUN.STEP.OUTPUT), a path or an address";

/** A name that is registered goes before a path of that name: write `./NAME` for that one. */
export async function findData(
  workspace: Workspace,
  word: string,
  folder: string,
): Promise<DataReference | Refusal> {
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(word) || word.startsWith("azureml:");
  const isPath = /^(?:\.{0,2}\/|\.{1,2}$|~)/.test(word);
  if (!isAddress && !isPath) {
    const name = parseShortName(word.replace(/^data:/, ""));
    const asset =
      name === null
        ? null
        : await workspace.records.asset("data", name.name, name.version, name.label);
    if (name !== null && asset !== null)
      return { kind: "asset", ...name, version: asset.version, label: null };
  }
  if (isAddress || isPath || fs.existsSync(path.resolve(folder, word))) {
    const parsed = parseDataReference(word, folder);
    if ("reference" in parsed) return parsed.reference;
    return refuse("bad_data_reference", parsed.mistake, DATA_REFERENCE_FORMS);
  }
  const parts = { kind: "output", namesOf: outputNames };
  const target = await findTarget(workspace, [word], parts);
  if (!isRefusal(target) && target.part !== null)
    return { kind: "run_output", run: target.run, output: target.part };
  if (!isRefusal(target))
    return refuse("wrong_usage", `say which output of ${target.run}`, "RUN.STEP.OUTPUT");
  if (target.code === "ambiguous_word") return target;
  return refuse(
    "unknown_data",
    `there is no data ${word}`,
    `${FORMS}; see what there is: stepwell data list`,
  );
}
