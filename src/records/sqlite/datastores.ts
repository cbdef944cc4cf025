// Datastores by name, and the secrets that they refer to. Secrets are sealed before they come here.

import type { DatastoreRow, SealedSecret } from "../../ports/records.ts";
import type { Row } from "./driver.ts";
import type { Session } from "./session.ts";

export function putDatastore(session: Session, row: DatastoreRow): void {
  session.transaction(() => {
    if (row.isDefault)
      session.run("update datastore set is_default=0 where workspace=?", session.workspace);
    session.run(
      `insert into datastore(workspace, name, created_by, created_at, definition, description, tags,
         is_default) values(?,?,?,?,?,?,?,?) on conflict(workspace, name) do update set
       created_by=excluded.created_by, created_at=excluded.created_at,
       definition=excluded.definition, description=excluded.description, tags=excluded.tags,
       is_default=excluded.is_default`,
      session.workspace,
      row.name,
      row.createdBy,
      row.createdAt,
      JSON.stringify(row.definition),
      row.description,
      JSON.stringify(row.tags),
      row.isDefault ? 1 : 0,
    );
  });
}

export function listDatastores(session: Session): readonly DatastoreRow[] {
  const rows = session.all(
    "select * from datastore where workspace=? order by name",
    session.workspace,
  );
  return rows.map(toDatastoreRow);
}

function toDatastoreRow(row: Row): DatastoreRow {
  return {
    name: String(row.name),
    definition: JSON.parse(String(row.definition)),
    description: row.description as string | null,
    tags: JSON.parse(String(row.tags)),
    isDefault: Number(row.is_default) === 1,
    createdAt: Number(row.created_at),
    createdBy: String(row.created_by),
  };
}

export function deleteDatastore(session: Session, name: string): boolean {
  return session.transaction(() => {
    const there = session.get(
      "select 1 from datastore where workspace=? and name=?",
      session.workspace,
      name,
    );
    session.run("delete from datastore where workspace=? and name=?", session.workspace, name);
    return there !== undefined;
  });
}

export function putSecret(session: Session, secret: SealedSecret): void {
  session.transaction(() =>
    session.run(
      `insert into secret(workspace, name, created_by, created_at, sealed) values(?,?,?,?,?)
       on conflict(workspace, name) do update set created_by=excluded.created_by,
       created_at=excluded.created_at, sealed=excluded.sealed`,
      session.workspace,
      secret.name,
      secret.createdBy,
      secret.createdAt,
      secret.sealed,
    ),
  );
}

export function readSecret(session: Session, name: string): SealedSecret | null {
  const row = session.get(
    "select * from secret where workspace=? and name=?",
    session.workspace,
    name,
  );
  return row === undefined ? null : toSecret(row);
}

export function listSecrets(session: Session): readonly Omit<SealedSecret, "sealed">[] {
  const rows = session.all(
    "select * from secret where workspace=? order by name",
    session.workspace,
  );
  return rows.map((row) => {
    const { sealed: _, ...shown } = toSecret(row);
    return shown;
  });
}

function toSecret(row: Row): SealedSecret {
  return {
    name: String(row.name),
    sealed: String(row.sealed),
    createdAt: Number(row.created_at),
    createdBy: String(row.created_by),
  };
}

export function deleteSecret(session: Session, name: string): boolean {
  return session.transaction(() => {
    const there = readSecret(session, name) !== null;
    session.run("delete from secret where workspace=? and name=?", session.workspace, name);
    return there;
  });
}
