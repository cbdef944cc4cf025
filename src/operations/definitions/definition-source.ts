// What a definition was read from, kept with its run where it names other files, or components without a version: when these
// are to be read again, they are read with the definition as it was. Of any other definition its graph says it all.

import { digest } from "../../core/digest.ts";
import { readText } from "../../ports/read-file.ts";
import type { Document, RunRow } from "../../ports/records.ts";
import type { Workspace } from "../workspace.ts";
import type { DefinitionOptions, ModuleSource } from "./load-definition.ts";
import { asRead, isModule } from "./read-module.ts";

export interface DefinitionSource {
  readonly options: DefinitionOptions;
  /** Of the job; of a module what it gave. */
  readonly text: string;
  /** Components that a module gave, which lie nowhere on disk. */
  readonly components: readonly { readonly path: string; readonly text: string }[];
  /** Components that it names by their versions, as `name:version`. */
  readonly pinned: readonly string[];
}

/** The part that many runs share. */
type Kept = Pick<DefinitionSource, "text" | "components" | "pinned">;

/** What the record keeps of it: a document, and in the run what leads there. */
export interface RecordedSource {
  readonly document: Document;
  readonly origin: NonNullable<RunRow["origin"]["definition"]>;
}

export function recordedSource({ options, ...kept }: DefinitionSource): RecordedSource {
  const body = JSON.stringify(kept satisfies Kept);
  const id = `definition/${digest(body)}`;
  return { document: { id, body }, origin: { document: id, options } };
}

/** Null: it was not kept, or is not here. */
export async function sourceOf(
  { records }: Pick<Workspace, "records">,
  { origin }: RunRow,
): Promise<DefinitionSource | null> {
  if (origin.definition === undefined) return null;
  const body = await records.document(origin.definition.document);
  if (body === null) return null;
  return { options: origin.definition.options, ...(JSON.parse(body) as Kept) };
}

/** Gives the recorded text in place of what the file says now; undefined: the file still says the same. */
export function readerOfSource({
  options: { file },
  text,
  components,
}: DefinitionSource): ModuleSource | undefined {
  if (!isModule(file) && textNow(file) === text) return undefined;
  const given = components.map((one) => ({ ...one, position: null }));
  const report = { pipeline: "", text, lines: null, components: given, problems: [] };
  return async () => asRead(file, report);
}

function textNow(file: string): string | null {
  try {
    return readText(file);
  } catch {
    return null;
  }
}
