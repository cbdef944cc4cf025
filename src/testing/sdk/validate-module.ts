// Asks the real command line what it thinks of a module: `stepwell validate FILE --json`, whose stdout is one JSON object
// whatever the module does.

import type { Ended, Rig } from "../rig.ts";

interface Found {
  readonly severity: string;
  readonly message: string;
  readonly hint: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `severity file:line:column message → hint`, with files by their name in the rig's folder. */
export function findings(rig: Rig, file: string): readonly string[] {
  return said(rig, rig.cli("validate", file, "--json"));
}

export function said(rig: Rig, { stdout }: Ended): readonly string[] {
  const { problems } = JSON.parse(stdout) as { readonly problems: readonly Found[] };
  return problems.map(
    ({ severity, message, hint, file, line, column }) =>
      `${severity} ${file.replace(`${rig.folder}/`, "")}:${line}:${column} ${message} → ${hint}`,
  );
}
