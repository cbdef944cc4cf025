// Texts named by their own digest: plans, environment identities, diffs. Stored once, never changed.

import type { Document } from "../../ports/records.ts";
import type { Session } from "./session.ts";

export function putDocuments(session: Session, documents: readonly Document[]): void {
  for (const { id, body } of documents) {
    // A plan is megabytes, and mostly there already: it is not handed over for nothing.
    if (isThere(session, id)) continue;
    session.run(
      "insert or ignore into document(workspace, id, body) values(?,?,?)",
      session.workspace,
      id,
      body,
    );
  }
}

function isThere(session: Session, id: string): boolean {
  const row = session.get(
    "select 1 from document where workspace=? and id=?",
    session.workspace,
    id,
  );
  return row !== undefined;
}

export function readDocument(session: Session, id: string): string | null {
  const row = session.get(
    "select body from document where workspace=? and id=?",
    session.workspace,
    id,
  );
  return row === undefined ? null : String(row.body);
}

export function documentIds(session: Session, prefix: string): readonly string[] {
  return session
    .all(
      "select id from document where workspace=? and id>=? and id<?",
      session.workspace,
      prefix,
      `${prefix}\u{10ffff}`,
    )
    .map((row) => String(row.id).slice(prefix.length));
}
