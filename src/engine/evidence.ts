// The documents behind the ids of two pre-images: what the core needs to say how they differ. Steps of a pipeline often share
// code and environment, so the last ones are kept.

import type { ContentId } from "../core/content.ts";
import type { EnvironmentIdentity } from "../core/environment.ts";
import type { Evidence } from "../core/explain.ts";
import type { PreImage } from "../core/fingerprint.ts";
import {
  FUNCTION_PACKAGES,
  isFunctionFolder,
  type LoadedPackages,
} from "../core/function-changes.ts";
import { countLines } from "../core/line-count.ts";
import type { Contents } from "../ports/contents.ts";
import type { RecordStore } from "../ports/records.ts";
import { own } from "../spec/own-keys.ts";

/** Document that tells of a code folder what its id is made of. */
export interface CodeDocument {
  readonly snapshotId: ContentId;
  readonly parts: Readonly<Record<string, string>>;
}

export const codeDocument = (id: string): string => `code/${id}`;
export const environmentDocument = (id: string): string => `environment/${id}`;

export interface EvidenceSource {
  /** Of what is the same on both sides, nothing is loaded. */
  between(before: PreImage, after: PreImage): Promise<Evidence>;
}

type Counts = ReadonlyMap<string, { readonly added: number; readonly removed: number }>;

export function createEvidence(
  records: Pick<RecordStore, "document">,
  contents: Pick<Contents, "manifest" | "snapshotText">,
): EvidenceSource {
  const keepCode = keepLast<CodeDocument>();
  const keepEnvironment = keepLast<EnvironmentIdentity>();
  const keepPackages = keepLast<LoadedPackages>();
  const keepCounts = keepLast<Counts>();
  const code = (id: string) => keepCode(id, () => read(records, codeDocument(id)));
  const environment = (id: string) =>
    keepEnvironment(id, () => read(records, environmentDocument(id)));
  return {
    async between(before, after) {
      const [old, now] = [before.moment, after.moment];
      const codeIds = differing(old.code, now.code);
      const codes = await each(codeIds, code);
      const packages = await each(codeIds, (id) =>
        keepPackages(id, () => loadedPackages(contents, codes.get(id) ?? null)),
      );
      const environments = await each(differing(old.environment, now.environment), environment);
      const manifests = await each(changedIds(before, after), (id) => contents.manifest(id));
      const documents = codeIds.map((id) => codes.get(id) ?? null);
      const counts = await keepCounts(codeIds.join(" "), () => countChanged(contents, documents));
      return {
        code: (id) => codes.get(id)?.parts ?? null,
        environment: (id) => environments.get(id) ?? null,
        manifest: (id) => manifests.get(id) ?? null,
        packages: (code) => packages.get(code) ?? null,
        lines: (_before, _after, path) => counts?.get(path) ?? null,
      };
    },
  };
}

/** More pairs of code and environment than these are seldom met by steps that stand together. */
const KEPT = 16;

/** Remembers what was found for the last ids; what is not there may come. */
function keepLast<T>(): (id: string, load: () => Promise<T | null>) => Promise<T | null> {
  const kept = new Map<string, T>();
  return async (id, load) => {
    const known = kept.get(id);
    if (known !== undefined) return known;
    const found = await load();
    if (found === null) return null;
    for (const oldest of kept.keys()) if (kept.size >= KEPT) kept.delete(oldest);
    kept.set(id, found);
    return found;
  };
}

function differing(before: string | null, after: string | null): readonly string[] {
  return before === after ? [] : [before, after].filter((id) => id !== null);
}

async function each<Id extends string, T>(
  ids: readonly Id[],
  load: (id: Id) => Promise<T | null>,
): Promise<ReadonlyMap<string, T>> {
  const found = new Map<string, T>();
  for (const id of ids) {
    const one = await load(id);
    if (one !== null) found.set(id, one);
  }
  return found;
}

async function read<T>(records: Pick<RecordStore, "document">, id: string): Promise<T | null> {
  const body = await records.document(id);
  return body === null ? null : (JSON.parse(body) as T);
}

/** Null: the program of a function that loads none, or other code. */
async function loadedPackages(
  contents: Pick<Contents, "snapshotText">,
  code: CodeDocument | null,
): Promise<LoadedPackages | null> {
  if (code === null || !isFunctionFolder(code.parts) || !(FUNCTION_PACKAGES in code.parts))
    return null;
  const text = await contents.snapshotText(code.snapshotId, FUNCTION_PACKAGES);
  return text === null ? null : (JSON.parse(text) as LoadedPackages);
}

function changedIds(before: PreImage, after: PreImage): ContentId[] {
  const ids = new Set<ContentId>();
  const old = before.moment.contents;
  for (const [name, [id]] of Object.entries(after.moment.contents)) {
    const was = own(old, name)?.[0];
    if (was === undefined || was === id) continue;
    ids.add(was);
    ids.add(id);
  }
  return [...ids];
}

/** How many changed files are counted line by line; the rest are only named. */
const COUNTED_FILES = 20;

async function countChanged(
  contents: Pick<Contents, "snapshotText">,
  [old = null, now = null]: readonly (CodeDocument | null)[],
): Promise<Counts | null> {
  if (old === null || now === null) return null;
  const counts = new Map<string, { added: number; removed: number }>();
  const changed = Object.keys(now.parts).filter((path) => {
    const was = own(old.parts, path);
    return was !== undefined && was !== own(now.parts, path);
  });
  for (const path of changed.slice(0, COUNTED_FILES)) {
    const was = await contents.snapshotText(old.snapshotId, path);
    const is = await contents.snapshotText(now.snapshotId, path);
    if (was !== null && is !== null) counts.set(path, countLines(was, is));
  }
  return counts;
}
