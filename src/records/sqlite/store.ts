// The embedded record store: one SQLite file, one transaction a commit. Composes the tables of this folder.

import { closeSync, fdatasync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import type { CommitBatch, CommitOutcome, RecordStore } from "../../ports/records.ts";
import {
  changeAsset,
  createAsset,
  findAsset,
  labelAsset,
  listAssets,
  listLabels,
} from "./assets.ts";
import {
  deleteDatastore,
  deleteSecret,
  listDatastores,
  listSecrets,
  putDatastore,
  putSecret,
  readSecret,
} from "./datastores.ts";
import { documentIds, putDocuments, readDocument } from "./documents.ts";
import { isDiskFull, openDatabase } from "./driver.ts";
import {
  afterRestart,
  becomeEngine,
  type Here,
  readEngine,
  releaseEngine,
  renewLease,
} from "./engine-row.ts";
import { appendEvents, openAttempts, projectCreated, readEvents } from "./events.ts";
import { newestResult, readMarks, resultsWith, writeMarks } from "./invalidations.ts";
import { keepingVerbs, takesRemoved } from "./keeping.ts";
import { lineageVerbs } from "./lineage.ts";
import { migrate } from "./migrations.ts";
import {
  fingerprintAt,
  fingerprintsWithStaticId,
  markDamaged,
  newestUsable,
  putPreImages,
  readPreImage,
  resultState,
  resultsOf,
  usableResults,
} from "./results.ts";
import {
  addRequest,
  handleRequests,
  importRun,
  listRuns,
  markLasting,
  openRequests,
  openRuns,
  readRun,
  setOwner,
  submitRun,
  updateRun,
} from "./runs.ts";
import { openSession, type Session } from "./session.ts";
import { watchFile } from "./watch-file.ts";

export type OpenOutcome =
  /** `isNew`: it held nothing yet. */
  | { readonly kind: "open"; readonly store: RecordStore; readonly isNew: boolean }
  /** Written by a newer Stepwell: refused rather than guessed at. */
  | { readonly kind: "newer"; readonly version: number };

export interface OpenSettings {
  readonly workspace?: string;
  /** Where it is opened; null where that cannot be known. */
  readonly here?: Here | null;
}

/** Opens the database file, making or migrating it as needed. */
export function openSqliteStore(
  file: string,
  { workspace = "local", here = null }: OpenSettings = {},
): OpenOutcome {
  const database = openDatabase(file);
  const migrated = migrate(database, file);
  if (migrated.kind === "newer") {
    database.close();
    return migrated;
  }
  const session = openSession(database, workspace, dirname(resolve(file)));
  if (here !== null) takeBackIfPossible(session, here);
  const log = openLog(`${file}-wal`);
  const isGone = watchFile(file);
  const store = storeOver(session, log.sync, (error) => isDiskFull(error, file));
  const close = async (): Promise<void> => {
    log.close();
    database.close();
  };
  return { kind: "open", store: { ...store, isGone, close }, isNew: migrated.isNew };
}

function takeBackIfPossible(session: Session, here: Here): void {
  try {
    afterRestart(session, here);
  } catch {
    // A disk that takes no writing is looked at as it is; nobody can become the engine there.
  }
}

/** SQLite's log, which stays the same file for as long as the database is open. */
function openLog(path: string) {
  let file: number | null = null;
  return {
    /** What was committed lasts from then on. Other threads wait for the disk: a busy one takes a quarter of a second. */
    async sync(): Promise<void> {
      file ??= openSync(path, "r");
      await syncData(file);
    },
    close(): void {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

const syncData = promisify(fdatasync);

function storeOver(
  session: Session,
  syncLog: () => Promise<void>,
  isFull: (error: unknown) => boolean,
): Omit<RecordStore, "isGone" | "close"> {
  // The database counts what other connections write; what this process asks of its own engine is news as well.
  let own = 0;
  const unlessFull = <T, F>(work: () => T, full: F): T | F => {
    try {
      return work();
    } catch (error) {
      if (isFull(error)) return full;
      throw error;
    }
  };
  return {
    becomeEngine: async (...words) =>
      unlessFull(() => becomeEngine(session, ...words), { kind: "disk_full" }),
    engine: async () => readEngine(session),
    // Kept, it falls to the next engine all the same: its process is gone.
    releaseEngine: async (epoch) => unlessFull(() => releaseEngine(session, epoch), undefined),
    async commit(batch) {
      const outcome: CommitOutcome = unlessFull(() => commit(session, batch), "disk_full");
      if (batch.lasting && outcome === "done") await syncLog();
      return outcome;
    },
    submit: async (run, onClaim = () => {}) => {
      own += 1;
      return submitRun(session, run, onClaim);
    },
    importRun: async (run) => {
      own += 1;
      return importRun(session, run);
    },
    setOwner: async (run, owner, detached) => {
      own += 1;
      setOwner(session, run, owner, detached);
    },
    request: async (run, kind, by, at) => {
      own += 1;
      addRequest(session, { run, kind, by, at });
    },
    requests: async () => openRequests(session),
    changes: () => own + Number(session.get("PRAGMA data_version")?.data_version ?? 0),
    run: async (name) => readRun(session, name),
    runs: async (filter) => listRuns(session, filter),
    openRuns: async () => openRuns(session),
    events: async (run, after) => readEvents(session, run, after),
    openAttempts: async (run) => openAttempts(session, run),
    document: async (id) => readDocument(session, id),
    documentIds: async (prefix) => documentIds(session, prefix),
    putDocuments: async (documents) => session.transaction(() => putDocuments(session, documents)),
    results: async (fingerprint) => usableResults(session, fingerprint),
    newestUsable: async (fingerprints) => newestUsable(session, fingerprints),
    newestResult: async (fingerprint) => newestResult(session, fingerprint),
    invalidations: async (results) => readMarks(session, results),
    invalidate: async (results, mark) =>
      session.transaction(() => writeMarks(session, results, mark)),
    resultsWith: async (part) => resultsWith(session, part),
    fingerprintAt: async (reference) => fingerprintAt(session, reference),
    resultsOf: async (run) => resultsOf(session, run),
    fingerprintsWithStaticId: async (id) => fingerprintsWithStaticId(session, id),
    preImage: async (fingerprint) => readPreImage(session, fingerprint),
    resultState: async (fingerprint) => resultState(session, fingerprint),
    createAsset: async (asset) => createAsset(session, asset),
    labelAsset: async (label, by, at) => labelAsset(session, label, by, at),
    labels: async (kind, name) => listLabels(session, kind, name),
    asset: async (kind, name, version, label) => findAsset(session, kind, name, { version, label }),
    assets: async (kind, name) => listAssets(session, kind, name),
    changeAsset: async (asset, change) => changeAsset(session, asset, change),
    ...datastoreVerbs(session),
    ...lineageVerbs(session),
    ...keepingVerbs(session),
  };
}

function datastoreVerbs(session: Session) {
  return {
    putDatastore: async (row) => putDatastore(session, row),
    datastores: async () => listDatastores(session),
    deleteDatastore: async (name) => deleteDatastore(session, name),
    putSecret: async (secret) => putSecret(session, secret),
    secret: async (name) => readSecret(session, name),
    secrets: async () => listSecrets(session),
    deleteSecret: async (name) => deleteSecret(session, name),
  } satisfies Partial<RecordStore>;
}

/** Not synced yet: whoever asks for a lasting one does that without holding up this thread. */
function commit(session: Session, batch: CommitBatch): Exclude<CommitOutcome, "disk_full"> {
  const work = (): Exclude<CommitOutcome, "disk_full"> => {
    if (!renewLease(session, batch.epoch, batch.at)) return "fenced";
    if (takesRemoved(session, batch.updates)) return "removed";
    for (const update of batch.updates) {
      appendEvents(session, update, true);
      updateRun(session, update);
    }
    for (const update of batch.updates) projectCreated(session, update);
    putPreImages(session, batch.preImages);
    markDamaged(session, batch.damaged);
    handleRequests(session, batch.handledRequests);
    if (batch.lasting) markLasting(session);
    return "done";
  };
  return session.transaction(work, { lasting: false });
}
