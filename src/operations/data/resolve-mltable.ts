// An mltable as a step gets it: a folder with an MLTable file whose paths all lie below it, so that it can be loaded
// wherever it is. What the file names elsewhere is found, identified and laid beside it; a table is then known by all of
// its bytes.

import fs from "node:fs";
import path from "node:path";
import { dump, load } from "js-yaml";
import { digest } from "../../core/digest.ts";
import type { ResolvedData } from "../../core/plan.ts";
import { readText } from "../../ports/read-file.ts";
import { addressSecretIn } from "../../spec/address-secret.ts";
import { DATA_REFERENCE_FORMS, parseDataReference } from "../../spec/data-reference.ts";
import type { DataReference, DataType } from "../../spec/graph.ts";
import { loadMlTable } from "../../spec/mltable/load-mltable.ts";
import type { MlTable, MlTablePath } from "../../spec/mltable/mltable.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";

export const MLTABLE_FILE = "MLTable";

/** A folder as it was found, and as the user wrote it. */
type Found = Pick<ResolvedData, "path" | "content" | "remote" | "written">;

/** Finds data by a reference; as of the data resolver. */
export type ResolveData = (
  reference: DataReference,
  type: DataType,
) => Promise<ResolvedData | Refusal> | ResolvedData | Refusal;

/** The folder itself where all lies below it; else one that is made of links. Folders without an MLTable file stay as they are. */
export async function resolveMlTable(
  workspace: Workspace,
  data: Found,
  resolve: ResolveData,
): Promise<Found | Refusal> {
  const file = path.join(data.path, MLTABLE_FILE);
  if (data.content.kind !== "folder") return data;
  const notHere = await bringHere(workspace, data);
  if (notHere !== null) return notHere;
  if (!isFile(file)) return data;
  const text = readText(file);
  const { table } = loadMlTable(text, file);
  // What this version cannot read may still be read by the step's own library.
  if (table === null) return data;
  const outside = table.paths.filter((one) => !liesBelow(one, data.path));
  if (outside.length === 0) return checkPaths(data, table);
  const found = new Map<MlTablePath, { at: string; rest: string; id: string }>();
  for (const one of outside) {
    const { base, rest } = splitPattern(one);
    const secret = addressSecretIn(base, `${file}: an address`);
    if (secret !== null) return refuse("secret_in_address", secret.message, secret.hint);
    const parsed = parseDataReference(base, data.path);
    if ("mistake" in parsed)
      return refuse("bad_data_reference", `${file}: ${parsed.mistake}`, DATA_REFERENCE_FORMS);
    const resolved = await resolve(
      parsed.reference,
      one.kind === "file" ? "uri_file" : "uri_folder",
    );
    if (isRefusal(resolved)) return { ...resolved, message: `${file}: ${resolved.message}` };
    const here = await bringHere(workspace, resolved);
    if (here !== null) return here;
    found.set(one, { at: resolved.path, rest, id: resolved.content.id });
  }
  const folder = laidOut(workspace, data, { table, text, found });
  const outcome = await workspace.contents.identify(folder, "mltable");
  if (!outcome.ok)
    return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint);
  return { path: folder, content: outcome.value, written: data.written };
}

function liesBelow({ text }: MlTablePath, folder: string): boolean {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) && !text.startsWith("file:")) return false;
  const at = path.resolve(folder, text.replace(/^file:(?:\/\/(?=\/))?/, ""));
  return at === folder || at.startsWith(folder + path.sep);
}

function checkPaths(data: Found, table: MlTable): Found | Refusal {
  for (const { kind, text } of table.paths) {
    if (kind === "pattern" || fs.existsSync(path.resolve(data.path, text))) continue;
    return refuse(
      "missing_path",
      `${path.join(data.path, MLTABLE_FILE)} names ${text}, and there is nothing there`,
      "put it there, or correct the path",
    );
  }
  return data;
}

/** The part of a pattern before its first wildcard, and the rest. */
function splitPattern({ kind, text }: MlTablePath): {
  readonly base: string;
  readonly rest: string;
} {
  if (kind !== "pattern") return { base: text, rest: "" };
  const wild = text.search(/[*?[{]/);
  const cut = wild === -1 ? text.length : text.lastIndexOf("/", wild) + 1;
  return { base: text.slice(0, cut) || ".", rest: text.slice(cut) };
}

async function bringHere(workspace: Workspace, data: Found): Promise<Refusal | null> {
  if (data.remote === undefined) return null;
  const { fetchRemote } = await import("./remote-data.ts");
  return fetchRemote(workspace, data, data.remote);
}

interface LaidOut {
  readonly table: MlTable;
  readonly text: string;
  readonly found: ReadonlyMap<MlTablePath, { at: string; rest: string; id: string }>;
}

/** Made anew each time, whole before it is seen: what it links to decides what it is called. */
function laidOut(workspace: Workspace, data: Found, { table, text, found }: LaidOut): string {
  const parts = [...found.values()].map(({ at, id }) => [at, id]);
  const name = digest(JSON.stringify([data.path, data.content.id, parts])).slice(7, 31);
  const folder = path.join(places.downloads(workspace.folder), `mltable-${name}`);
  const made = path.join(folder, path.basename(data.path));
  if (fs.existsSync(made)) return made;
  const partial = path.join(`${folder}.${workspace.random.id()}`, path.basename(data.path));
  fs.mkdirSync(partial, { recursive: true });
  for (const entry of fs.readdirSync(data.path))
    if (entry !== MLTABLE_FILE)
      fs.symlinkSync(path.join(data.path, entry), path.join(partial, entry));
  const paths = table.paths.map((one, index) => {
    const place = found.get(one);
    if (place === undefined) return { [one.kind]: one.text };
    const link = `.elsewhere-${index}`;
    const isFile = one.kind === "file";
    const at = isFile ? `${link}/${path.basename(place.at)}` : link;
    if (isFile) fs.mkdirSync(path.join(partial, link));
    fs.symlinkSync(place.at, path.join(partial, at));
    return { [one.kind]: `./${place.rest === "" ? at : `${at}/${place.rest}`}` };
  });
  const written = { ...(load(text) as object), paths };
  fs.writeFileSync(path.join(partial, MLTABLE_FILE), dump(written));
  try {
    fs.renameSync(path.dirname(partial), folder);
  } catch (error) {
    // Somebody else made the same.
    if (!fs.existsSync(made)) throw error;
    fs.rmSync(path.dirname(partial), { recursive: true, force: true });
  }
  return made;
}

function isFile(at: string): boolean {
  return fs.statSync(at, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** What keeps a folder from being registered as a table; null when nothing does. */
export function whyNoMlTable(folder: string): Refusal | null {
  const file = path.join(folder, MLTABLE_FILE);
  if (!isFile(file))
    return refuse(
      "no_mltable",
      `${folder} has no file ${MLTABLE_FILE}`,
      "write one (paths: [{file: ./data.csv}]), or register it as --type uri_folder",
    );
  const { problems } = loadMlTable(readText(file), file);
  const errors = problems.filter((one) => one.severity === "error");
  if (errors.length === 0) return null;
  return { ...refuse("invalid_definition", `${file} has mistakes`), problems };
}
