// What WHAT means in `lineage WHAT`: a registered version, an output of a run, a whole run, a content id or the beginning of
// one, or a file or folder wherever it lies. Knows nothing of what came before or after it.

import fs from "node:fs";
import path from "node:path";
import type { ContentId } from "../../core/content.ts";
import type { AssetKind } from "../../ports/records.ts";
import { findAsset } from "../recorded/find-asset.ts";
import { findOutputRow, outputNames } from "../recorded/find-output.ts";
import { findRun, findTarget } from "../recorded/find-run.ts";
import { readRun } from "../recorded/read-run.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import {
  type AssetPlace,
  assetPlace,
  type ContentPlace,
  contentPlace,
  type OutputPlace,
  outputPlace,
  type StepPlace,
  stepPlace,
} from "./lineage-places.ts";

export interface LineageSubject {
  /** As it was asked for. */
  readonly word: string;
  readonly places: readonly (OutputPlace | AssetPlace | ContentPlace | StepPlace)[];
  /** The run that was named; it need not be the one that made anything. Null where none was. */
  readonly askedRun: string | null;
  /** Where the file or folder lies inside of the recorded folder that holds it, else null. */
  readonly inside: string | null;
}

export interface LineageQuestion {
  readonly words: readonly string[];
  /** Paths are relative to it. */
  readonly folder: string;
}

export async function findLineage(
  workspace: Workspace,
  { words, folder }: LineageQuestion,
): Promise<LineageSubject | Refusal> {
  const word = words.join(" ");
  if (words.length > 1) return ofRun(workspace, words, word);
  if (word === "") return refuse("wrong_usage", "the name is empty", HINT);
  const named = /^(data|model|azureml):(?!\/\/)(.+)$/s.exec(word);
  if (named !== null) return ofAsset(workspace, named[1] as string, named[2] as string, word);
  if (/^sha256:/.test(word)) return ofId(workspace, word);
  const file = path.resolve(folder, word);
  const isThere = fs.existsSync(file);
  if (isThere && isPath(word)) return ofFile(workspace, file, word);
  const found = await ofRunOrAsset(workspace, words, word);
  if (!isThere) return isRefusal(found) && isPath(word) ? missing(file) : found;
  if (isRefusal(found)) return ofFile(workspace, file, word);
  return refuse(
    "ambiguous_word",
    `${word} is a file here and a name of a run or an output`,
    `write ./${word} for the file, or last ${word} for the output of the last run`,
  );
}

const HINT =
  "write data:NAME:VERSION, model:NAME:VERSION, RUN.STEP.OUTPUT, sha256:… or the path of a file or folder";

function isPath(word: string): boolean {
  return word.includes("/") || word === "." || word === "..";
}

function missing(file: string): Refusal {
  return refuse("missing_path", `there is nothing at ${file}`, HINT);
}

async function ofAsset(
  workspace: Workspace,
  prefix: string,
  name: string,
  word: string,
): Promise<LineageSubject | Refusal> {
  const kinds: readonly AssetKind[] = prefix === "azureml" ? ["data", "model"] : [prefix as "data"];
  let refusal: Refusal | null = null;
  for (const kind of kinds) {
    const row = await findAsset(workspace, kind, name);
    if (!isRefusal(row)) return subject(word, [assetPlace(row)]);
    const [, bare = "", version = ""] = /^([^:@]+):([^:@]+)$/.exec(name) ?? [];
    const gone = await workspace.records.removedAsset({ kind, name: bare, version });
    if (gone !== null) return subject(word, [assetPlace(gone.asset)]);
    refusal ??= row;
  }
  return refusal as Refusal;
}

/** A registered name is taken without its `data:` or `model:` where it is no run and no output. */
async function ofRunOrAsset(
  workspace: Workspace,
  words: readonly string[],
  word: string,
): Promise<LineageSubject | Refusal> {
  const run = await ofRun(workspace, words, word);
  if (!isRefusal(run)) return run;
  const asset = await ofAsset(workspace, "azureml", word, word);
  return isRefusal(asset) ? run : asset;
}

function subject(
  word: string,
  places: LineageSubject["places"],
  more: Partial<LineageSubject> = {},
): LineageSubject {
  return { word, places, askedRun: null, inside: null, ...more };
}

/** `RUN`, `RUN OUTPUT`, `RUN.OUTPUT`, or an output of the last run. */
async function ofRun(
  workspace: Workspace,
  words: readonly string[],
  word: string,
): Promise<LineageSubject | Refusal> {
  const split = words.length === 1 ? await splitName(workspace, words[0] as string) : null;
  const target =
    split ?? (await findTarget(workspace, words, { kind: "output", namesOf: outputNames }));
  if (isRefusal(target)) return target;
  const { run, part } = target;
  if (part === null) return wholeRun(workspace, run, word);
  const found = await findOutputRow(workspace, run, part);
  if (isRefusal(found)) return found;
  const place = outputPlace(found.row, found.output) as OutputPlace;
  return subject(word, [place], { askedRun: run });
}

/** Names of runs may hold dots: the longest beginning that is a run. */
async function splitName(
  workspace: Workspace,
  word: string,
): Promise<{ readonly run: string; readonly part: string } | null> {
  for (let dot = word.lastIndexOf("."); dot > 0; dot = word.lastIndexOf(".", dot - 1)) {
    const [front, part] = [word.slice(0, dot), word.slice(dot + 1)];
    if (part === "") continue;
    if ((await workspace.records.run(front)) !== null) return { run: front, part };
    if (!/@|^last/.test(front)) continue;
    const run = await findRun(workspace, front);
    if (!isRefusal(run)) return { run, part };
  }
  return null;
}

async function wholeRun(
  workspace: Workspace,
  name: string,
  word: string,
): Promise<LineageSubject | Refusal> {
  const run = await readRun(workspace, name);
  if (isRefusal(run)) return run;
  return subject(word, [...run.results.values()].map(stepPlace), { askedRun: name });
}

const SHORTEST_ID = 8;
const WHOLE_ID = "sha256:".length + 64;

async function ofId(workspace: Workspace, word: string): Promise<LineageSubject | Refusal> {
  const id = word.toLowerCase();
  if (!/^sha256:[0-9a-f]{8,64}$/.test(id))
    return refuse(
      "wrong_usage",
      `${word} is no content id: expected sha256: and ${SHORTEST_ID} to 64 hex digits`,
    );
  const ids = await workspace.records.contentIds(id, 4);
  if (ids.length > 1)
    return refuse(
      "ambiguous_word",
      `several ids begin with ${word}: ${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}`,
      "write more of it",
    );
  const [only] = ids;
  if (only !== undefined) return subject(word, [contentPlace(only, null, null)]);
  if (id.length === WHOLE_ID) return insideOf(workspace, id as ContentId, word, word);
  return refuse("unknown_content", `nothing recorded has an id that begins with ${word}`, KNOWN);
}

const KNOWN =
  "known are outputs, inputs and registered versions, and the files of folders whose list is kept";

async function ofFile(
  workspace: Workspace,
  file: string,
  word: string,
): Promise<LineageSubject | Refusal> {
  const outcome = await workspace.contents.identify(file, "uri_folder");
  if (!outcome.ok) {
    const { code, message, hint } = outcome.failure;
    return refuse(code, message, hint);
  }
  const { id } = outcome.value;
  const known = await workspace.records.contentIds(id, 1);
  if (known.length > 0) return subject(word, [contentPlace(id, word, null)]);
  return insideOf(workspace, id, word, `${word} (${id})`);
}

/** A file of a recorded folder has no record of its own: it is found by the lists of what folders hold. */
async function insideOf(
  workspace: Workspace,
  id: ContentId,
  word: string,
  shown: string,
): Promise<LineageSubject | Refusal> {
  for (const { folder, path: inside } of await workspace.contents.holders(id)) {
    const known = await workspace.records.contentIds(folder, 1);
    if (known.length > 0) return subject(word, [contentPlace(folder, null, null)], { inside });
  }
  return refuse("unknown_content", `nothing recorded has the bytes of ${shown}`, KNOWN);
}
