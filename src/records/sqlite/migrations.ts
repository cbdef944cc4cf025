// The tables and how each version of them is reached from the one before. Append only: a released step never changes.
// A newer database is refused; an older one is copied aside, then migrated.

import fs from "node:fs";
import { type Database, rollBack } from "./driver.ts";

/** Step n takes the schema from version n to n + 1. */
export const STEPS: readonly string[] = [
  `
  create table engine(
    workspace text primary key, epoch integer not null, host text, boot_id text, pid integer,
    start_time text, heartbeat integer not null, held integer not null);
  create table run(
    workspace text not null, name text not null, created_by text not null,
    created_at integer not null, pipeline text not null, experiment text not null,
    display_name text, description text, tags text not null, status text not null,
    started_at integer, ended_at integer, priority integer not null, detached integer not null,
    owner text, idempotency_key text, plan_id text not null, counts text not null,
    origin text not null,
    primary key (workspace, name)) without rowid;
  create index run_newest on run(workspace, created_at desc, name desc);
  create index run_pipeline on run(workspace, pipeline, created_at desc);
  create index run_experiment on run(workspace, experiment, created_at desc);
  create index run_open on run(workspace, created_at) where ended_at is null;
  create unique index run_key on run(workspace, idempotency_key) where idempotency_key is not null;
  create table event(
    workspace text not null, run text not null, seq integer not null, format integer not null,
    body text not null, primary key (workspace, run, seq)) without rowid;
  create table result(
    workspace text not null, run text not null, seq integer not null, created_by text not null,
    created_at integer not null, fingerprint text not null, static_id text not null,
    path text not null, duration_ms integer not null, damaged integer not null default 0,
    invalidated text, primary key (workspace, run, seq)) without rowid;
  create index result_fingerprint on result(workspace, fingerprint, created_at);
  create index result_static on result(workspace, static_id);
  create table attempt(
    workspace text not null, run text not null, path text not null, number integer not null,
    created_by text not null, created_at integer not null, epoch integer not null,
    attempt_id text not null, fingerprint text, ended_at integer,
    primary key (workspace, run, path, number)) without rowid;
  create unique index attempt_in_flight on attempt(workspace, fingerprint)
    where ended_at is null;
  create table pre_image(
    workspace text not null, fingerprint text not null, body text not null,
    primary key (workspace, fingerprint)) without rowid;
  create table document(
    workspace text not null, id text not null, body text not null,
    primary key (workspace, id)) without rowid;
  create table request(
    id integer primary key autoincrement, workspace text not null, run text not null,
    kind text not null, created_by text not null, created_at integer not null,
    handled integer not null default 0);
  create index request_open on request(workspace, id) where handled = 0;
  create table asset(
    workspace text not null, kind text not null, name text not null, version text not null,
    created_by text not null, created_at integer not null, content_id text not null,
    definition text not null, description text, tags text not null, run text,
    sequence integer not null, primary key (workspace, kind, name, version)) without rowid;
  `,
  `
  create table asset_label(
    workspace text not null, kind text not null, name text not null, label text not null,
    version text not null, created_by text not null, created_at integer not null,
    primary key (workspace, kind, name, label)) without rowid;
  `,
  // Which events outlast a power cut, and what to take back of the rest.
  `
  alter table run add column last_seq integer not null default 0;
  alter table run add column lasting_seq integer not null default 0;
  create index run_not_lasting on run(workspace, name) where lasting_seq < last_seq;
  alter table attempt add column seq integer not null default 0;
  alter table attempt add column ended_seq integer;
  `,
  // In the order of their writing: by fingerprint each would fall on a page of its own.
  `
  create table pre_image_in_order(
    id integer primary key, workspace text not null, fingerprint text not null, body text not null);
  insert into pre_image_in_order(workspace, fingerprint, body)
    select workspace, fingerprint, body from pre_image;
  drop table pre_image;
  alter table pre_image_in_order rename to pre_image;
  create unique index pre_image_fingerprint on pre_image(workspace, fingerprint);
  `,
  `
  create table datastore(
    workspace text not null, name text not null, created_by text not null,
    created_at integer not null, definition text not null, description text, tags text not null,
    is_default integer not null, primary key (workspace, name)) without rowid;
  create table secret(
    workspace text not null, name text not null, created_by text not null,
    created_at integer not null, sealed text not null,
    primary key (workspace, name)) without rowid;
  alter table asset add column archived integer not null default 0;
  alter table run add column imported integer not null default 0;
  `,
  // Which step runs made some bytes and which read them; which runs took results of which over.
  `
  create table output(
    workspace text not null, content_id text not null, created_at integer not null,
    run text not null, seq integer not null, name text not null,
    primary key (workspace, content_id, created_at, run, seq, name)) without rowid;
  create table input(
    workspace text not null, content_id text not null, created_at integer not null,
    run text not null, seq integer not null, name text not null, from_run text, from_seq integer,
    primary key (workspace, content_id, created_at, run, seq, name)) without rowid;
  create table reuse(
    workspace text not null, made_by text not null, run text not null,
    primary key (workspace, made_by, run)) without rowid;
  create index asset_content on asset(workspace, content_id);
  insert or ignore into output(workspace, content_id, created_at, run, seq, name)
    select r.workspace, json_extract(o.value, path.value), r.created_at, r.run, r.seq, o.key
    from result r join event e on e.workspace=r.workspace and e.run=r.run and e.seq=r.seq,
      json_each(e.body, '$.result.outputs') o, json_each('["$.id","$.same.id"]') path
    where json_extract(o.value, path.value) is not null;
  insert or ignore into output(workspace, content_id, created_at, run, seq, name)
    select r.workspace, json_extract(e.body, '$.result.artifacts.id'), r.created_at, r.run, r.seq,
      'artifacts'
    from result r join event e on e.workspace=r.workspace and e.run=r.run and e.seq=r.seq
    where json_extract(e.body, '$.result.artifacts.id') is not null;
  insert or ignore into input(workspace, content_id, created_at, run, seq, name)
    select r.workspace, json_extract(i.value, '$[0]'), r.created_at, r.run, r.seq, i.key
    from result r join pre_image p on p.workspace=r.workspace and p.fingerprint=r.fingerprint,
      json_each(p.body, '$.moment.contents') i;
  insert or ignore into reuse(workspace, made_by, run)
    select e.workspace, json_extract(f.value, '$.run'), e.run
    from event e, json_each(e.body, '$.from') f
    where json_extract(e.body, '$.kind')='steps_reused';
  `,
  // What is pinned and what was removed. A run that is to be forgotten is a removal too: of kind "run", without a result.
  `
  alter table result add column removed integer not null default 0;
  create table pin(
    workspace text not null, kind text not null, name text not null, created_by text not null,
    created_at integer not null, primary key (workspace, kind, name)) without rowid;
  create table removal(
    workspace text not null, kind text not null, name text not null, seq integer not null,
    created_by text not null, created_at integer not null, reason text not null,
    size_bytes integer not null, confirmed_at integer,
    primary key (workspace, kind, name, seq)) without rowid;
  create index removal_open on removal(workspace, kind, name, seq) where confirmed_at is null;
  `,
  // Documents out of the tree of their names: a search in a table without rowid reads every text that it passes, and a
  // graph of 100,000 steps has megabytes.
  `
  create table document_by_row(
    workspace text not null, id text not null, body text not null, primary key (workspace, id));
  insert into document_by_row select workspace, id, body from document;
  drop table document;
  alter table document_by_row rename to document;
  `,
];

export const SCHEMA_VERSION = STEPS.length;

export type MigrationOutcome =
  /** `isNew`: there was nothing in it. */
  | { readonly kind: "ready"; readonly isNew: boolean }
  | { readonly kind: "newer"; readonly version: number };

/** Brings the database at `file` to this version. Safe when several processes open it at once. */
export function migrate(database: Database, file: string): MigrationOutcome {
  const version = readVersion(database);
  if (version > SCHEMA_VERSION) return { kind: "newer", version };
  if (version === SCHEMA_VERSION) return { kind: "ready", isNew: false };
  const copy = version > 0 ? copyAside(database, file, version) : null;
  database.exec("BEGIN IMMEDIATE");
  try {
    let at = readVersion(database);
    // Another process was first, and has a copy of its own.
    if (at === SCHEMA_VERSION && copy !== null) removeCopy(copy);
    for (; at < SCHEMA_VERSION; at += 1) {
      database.exec(STEPS[at] as string);
      database.exec(`PRAGMA user_version=${at + 1}`);
    }
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    // All is as it was: on a full disk each further command would only leave one more.
    if (copy !== null) removeCopy(copy);
    throw error;
  }
  return { kind: "ready", isNew: version === 0 };
}

function readVersion(database: Database): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version ?? 0);
}

/** The database as it is, beside itself; returns the name of the copy, whole or not there. */
function copyAside(database: Database, file: string, version: number): string {
  const copy = freeName(`${file}.v${version}`);
  try {
    database.exec(`VACUUM INTO '${copy.replaceAll("'", "''")}'`);
  } catch (error) {
    removeCopy(copy);
    throw error;
  }
  return copy;
}

/** Taken by an empty file, which nobody else takes: SQLite writes into it. */
function freeName(beginning: string): string {
  for (let number = 1; ; number += 1) {
    const name = `${beginning}-${number}.bak`;
    try {
      fs.closeSync(fs.openSync(name, "wx"));
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function removeCopy(copy: string): void {
  for (const name of [copy, `${copy}-journal`]) fs.rmSync(name, { force: true });
}
