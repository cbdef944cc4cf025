// Copies of what a registered version names, so that it never changes: definition files, code, data, the folders of a
// project. One folder mirrors their absolute paths. Writes nothing else.

import fs from "node:fs";
import path from "node:path";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digest } from "../../core/digest.ts";
import { readText } from "../../ports/read-file.ts";
import { addressSecretIn } from "../../spec/address-secret.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";

/** What a definition names on this machine: absolute paths. */
export interface Named {
  readonly files: ReadonlySet<string>;
  /** Folders (or single files) of code: what ignore files leave of them. */
  readonly code: ReadonlySet<string>;
  readonly data: ReadonlySet<string>;
}

export interface FrozenCopy {
  /** Name of the folder below `.stepwell/frozen/`. */
  readonly folder: string;
  /** What lies in it, by path relative to the definition's own folder: other content is another version. */
  readonly content: Readonly<Record<string, string>>;
}

/** Whose paths are told as `base` sees them. */
export interface Defined {
  readonly base: string;
  /** The definition's own file, where that is copied too, and what it says; null: nothing but what it names. */
  readonly own: { readonly file: string; readonly text: string } | null;
}

export async function freeze(
  workspace: Workspace,
  named: Named,
  { base, own }: Defined,
): Promise<FrozenCopy | Refusal> {
  const content: Record<string, string> = {};
  const copies: Copy[] = [];
  for (const at of named.files) {
    if (at !== own?.file) {
      const held = readText(at);
      const secret = addressSecretIn(held, path.relative(base, at));
      if (secret !== null) return refuse("secret_in_address", secret.message, secret.hint);
      content[path.relative(base, at)] = digest(held);
    }
    copies.push({ from: at, to: at, links: AS_FILES });
  }
  for (const at of named.code) {
    const definitionFiles = [...named.files].filter((one) => one.startsWith(at + path.sep));
    const outcome = await workspace.contents.snapshot({ path: at, includes: [], definitionFiles });
    if (!outcome.ok)
      return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint);
    content[path.relative(base, at)] = outcome.value.id;
    copies.push(...codeCopies(workspace, at, outcome.value.snapshotId));
  }
  for (const at of named.data) {
    const outcome = await workspace.contents.identify(at, "uri_folder");
    if (!outcome.ok)
      return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint);
    content[path.relative(base, at)] = outcome.value.id;
    copies.push({ from: at, to: at, links: AS_FILES });
  }
  const said = own === null ? [] : [digest(own.text)];
  const folder = digest(canonicalJson([base, ...said, content])).slice("sha256:".length);
  const stored = await store(workspace, folder, copies);
  return isRefusal(stored) ? stored : { folder, content };
}

interface Copy {
  readonly from: string;
  /** Absolute path of the original: mirrored below the copy's root. */
  readonly to: string;
  /** A link of code stays inside it; what links of data lead to is part of the data. */
  readonly links: { readonly verbatimSymlinks: true } | { readonly dereference: true };
}

const AS_FILES = { dereference: true } as const;
const AS_LINKS = { verbatimSymlinks: true } as const;

/** A stored snapshot holds what counts; ignore files say so once more when the copy is read. */
function codeCopies(workspace: Workspace, at: string, snapshotId: string): readonly Copy[] {
  const stored = path.join(places.code(workspace.folder), snapshotId.slice("sha256:".length));
  if (!fs.statSync(at).isDirectory())
    return [{ from: path.join(stored, path.basename(at)), to: at, links: AS_FILES }];
  const rules = [".amlignore", ".gitignore"]
    .map((name) => path.join(at, name))
    .filter((rule) => fs.existsSync(rule))
    .map((rule) => ({ from: rule, to: rule, links: AS_FILES }));
  return [...rules, { from: stored, to: at, links: AS_LINKS }];
}

/** Visible only when it is complete and durable. */
async function store(
  workspace: Workspace,
  name: string,
  copies: readonly Copy[],
): Promise<Refusal | null> {
  const target = places.frozen(workspace.folder, name);
  if (fs.existsSync(target)) return null;
  const temporary = path.join(path.dirname(target), `.tmp-${workspace.random.id()}`);
  try {
    fs.mkdirSync(path.join(temporary, "root"), { recursive: true });
    for (const { from, to, links } of copies) {
      const place = path.join(temporary, "root", to);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.cpSync(from, place, { recursive: true, force: true, ...links });
    }
    await workspace.contents.makeTreeDurable(temporary);
    fs.renameSync(temporary, target);
    return null;
  } catch (error) {
    if (fs.existsSync(target)) return null;
    return refuse("input_output", `what it names cannot be copied: ${(error as Error).message}`);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}
