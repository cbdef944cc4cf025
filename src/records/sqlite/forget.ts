// Takes a run, or a registered version, out of the record for good. Documents are named by their content and may be others'
// as well: they stay.

import type { AssetRow } from "../../ports/records.ts";
import type { Session } from "./session.ts";

/** Part of a transaction. */
export function forgetRun(session: Session, run: string): void {
  session.run(
    `delete from pre_image where workspace=? and fingerprint in (
       select fingerprint from result where workspace=? and run=?)
     and fingerprint not in (select fingerprint from result where workspace=? and run<>?)`,
    session.workspace,
    session.workspace,
    run,
    session.workspace,
    run,
  );
  for (const table of ["event", "result", "attempt", "request", "output", "input", "reuse"])
    session.run(`delete from ${table} where workspace=? and run=?`, session.workspace, run);
  session.run("delete from reuse where workspace=? and made_by=?", session.workspace, run);
  session.run(
    "delete from removal where workspace=? and kind in ('result','run') and name=?",
    session.workspace,
    run,
  );
  session.run(
    "delete from pin where workspace=? and kind='run' and name=?",
    session.workspace,
    run,
  );
  session.run("delete from run where workspace=? and name=?", session.workspace, run);
}

/** Part of a transaction. */
export function forgetAsset(
  session: Session,
  { kind, name, version }: Pick<AssetRow, "kind" | "name" | "version">,
): void {
  for (const table of ["asset", "asset_label"])
    session.run(
      `delete from ${table} where workspace=? and kind=? and name=? and version=?`,
      session.workspace,
      kind,
      name,
      version,
    );
  for (const table of ["removal", "pin"])
    session.run(
      `delete from ${table} where workspace=? and kind=? and name=?`,
      session.workspace,
      kind,
      `${name}:${version}`,
    );
}
