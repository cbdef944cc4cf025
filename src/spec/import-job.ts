// A data import as the job that carries it out: one step of type data_transfer whose output becomes the asset.

import { addressSecretProblems } from "./address-secret.ts";
import { checkFields } from "./fields/check-fields.ts";
import { dataImport } from "./fields/data-import.ts";
import { SPEC_LIMITS } from "./limits.ts";
import { toPlain } from "./plain.ts";
import type { Problem } from "./problem.ts";
import { readMapping } from "./read-tree.ts";
import { getSet, getText } from "./tree.ts";

/** The job as plain data. Null when any problem is an error. */
export function importJob(
  text: string,
  file: string,
): { readonly job: object | null; readonly name: string; readonly problems: readonly Problem[] } {
  const { root, problems: syntax } = readMapping(text, file, SPEC_LIMITS);
  const problems = [...syntax, ...addressSecretProblems({ file, text, lineStarts: null })];
  if (root === null) return { job: null, name: "", problems };
  checkFields(root, dataImport, (problem) => problems.push(problem));
  const name = getText(root, "name") ?? "";
  if (problems.some((one) => one.severity === "error")) return { job: null, name, problems };
  const [version, path, description] = ["version", "path", "description"].map((key) =>
    getText(root, key),
  );
  const source = getSet(root, "source");
  const type = getText(root, "type") ?? "uri_folder";
  const given = { type, path, name, version };
  const sink = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const job = {
    type: "data_transfer",
    task: "import_data",
    display_name: `import ${name}`,
    experiment_name: "data-import",
    ...(description === null ? {} : { description }),
    source: source === null ? null : toPlain(source),
    outputs: { sink },
  };
  return { job, name, problems };
}
