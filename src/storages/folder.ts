// The bytes of a workspace in plain folders: implements the port of contents. Decides what is done at once and what by a
// worker, turns exceptions into values, and keeps what must become durable. Knows nothing of runs.

import { type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import type { Content, ContentId } from "../core/content.ts";
import { digest } from "../core/digest.ts";
import type { OutputRecord, SeenFile } from "../core/output.ts";
import type {
  CaptureOrder,
  Contents,
  Held,
  Kept,
  Outcome,
  RecordedData,
} from "../ports/contents.ts";
import { readText } from "../ports/read-file.ts";
import type { CodeReference, DataType } from "../spec/graph.ts";
import { type CapturePlaces, captureAttempt } from "./capture.ts";
import { type ContentJobs, contentJobs, type JobName } from "./content-jobs.ts";
import { done, failureOf } from "./content-problem.ts";
import { isRecent, sync, syncCopy, syncEverything, syncRead } from "./durable.ts";
import { type FileHashes, fileHashes } from "./file-hashes.ts";
import { createFileSystemSync, type FileSystemSync } from "./file-system-sync.ts";
import { findHolders } from "./find-holders.ts";
import { type Limits, mayBeYoung, statInput, TOO_BIG } from "./identify.ts";
import { ignoringRule } from "./ignoring-rule.ts";
import { hasCopy, keptPath, layStandIn, standInOf } from "./kept-copies.ts";
import { listedContent } from "./listed-content.ts";
import { firstChanged } from "./seen-files.ts";
import { readSnapshot, snapshotFolder, unsyncedSnapshot } from "./snapshot-store.ts";
import { type WorkFolders, type WorkPlaces, workFolders } from "./work-folders.ts";
import { createWorkerPool, type WorkerPool } from "./worker-pool.ts";

export interface FolderContentsOptions {
  /** Holds `.stepwell/`. */
  readonly workspaceFolder: string;
  /** The default datastore, normally `.stepwell/store`. */
  readonly storeFolder: string;
  /** Folders where workspaces share results and environments: neither code nor data. */
  readonly sharedFolders: readonly string[];
  /** Threads for big file work. */
  readonly workers: number;
  /** An interpreter for the process that syncs, or null. */
  readonly python: string | null;
}

export function createFolderContents(options: FolderContentsOptions): Contents {
  return new FolderContents(options);
}

/** Above these a thread does it: about 5 ms of the engine's time. */
const INLINE: Limits = { entries: 64, bytes: 1 << 20 };
/** Bytes of a file that an explanation shows differences of. */
const TEXT_BYTES = 1 << 20;

class FolderContents implements Contents {
  readonly #storeFolder: string;
  readonly #cacheFolder: string;
  readonly #sharedFolders: readonly string[];
  /** What copies have put at places of the user's. */
  readonly #publishedFolder: string;
  readonly #places: WorkPlaces & CapturePlaces;
  readonly #pool: WorkerPool;
  readonly #hashes: FileHashes;
  readonly #work: WorkFolders;
  readonly #fileSystem: FileSystemSync;
  /** Questions in progress by path: the same big folder is not hashed twice at once. */
  readonly #asking = new Map<string, Promise<Outcome<Content>>>();
  /** Attempt → input → seal of the user's data when it was handed out, where it is not the recorded one. */
  readonly #readAs = new Map<string, Readonly<Record<string, string>>>();
  /** Nobody but us writes there, and always whole files. */
  readonly #ownFolders: readonly string[];
  /** Files that were written a moment before they were identified here, and folders, which say nothing of what is in them. */
  readonly #young = new Set<string>();
  #unsyncedPaths: string[] = [];
  #unsyncedTrees: string[] = [];

  constructor(options: FolderContentsOptions) {
    const dot = join(options.workspaceFolder, ".stepwell");
    this.#storeFolder = options.storeFolder;
    this.#sharedFolders = options.sharedFolders;
    this.#ownFolders = [dot, options.storeFolder];
    this.#cacheFolder = join(dot, "hash-cache");
    this.#publishedFolder = join(dot, "cache", "published");
    this.#places = {
      storeFolder: options.storeFolder,
      codeFolder: join(dot, "code"),
      workFolder: join(dot, "work"),
      attemptsFolder: join(dot, "attempts"),
      trashFolder: join(dot, "trash"),
      scratchFolder: join(options.storeFolder, ".attempts"),
    };
    this.#pool = createWorkerPool(Math.max(1, options.workers));
    this.#hashes = fileHashes(this.#cacheFolder);
    this.#work = workFolders(this.#places, {
      copy: (asked) => this.#do("copyCode", asked),
      holdsItsBytes: (asked) => this.#do("holdsItsBytes", asked),
      finishFolder: (asked) => this.#do("finishFolder", asked),
      stillAsMade: (asked) => this.#do("stillAsMade", asked),
    });
    this.#fileSystem = createFileSystemSync(options.python);
  }

  identify(path: string, expect: DataType): Outcome<Content> | Promise<Outcome<Content>> {
    const absolute = isAbsolute(path) ? path : resolve(path);
    try {
      const stats = statInput(absolute, expect);
      if (stats.isDirectory() || isRecent(stats)) this.#young.add(absolute);
      const known = stats.isFile() ? this.#hashes.known(absolute, stats) : null;
      return known === null ? this.#identifyOnce(absolute, expect, stats) : done(known);
    } catch (error) {
      return { ok: false, failure: failureOf(error, absolute) };
    }
  }

  async #identifyOnce(path: string, expect: DataType, stats: Stats): Promise<Outcome<Content>> {
    const key = `${expect} ${path}`;
    const asking = this.#asking.get(key);
    if (asking !== undefined) return asking;
    const answer = this.#identify(path, stats);
    this.#asking.set(key, answer);
    try {
      return await answer;
    } finally {
      this.#asking.delete(key);
    }
  }

  async identifyListed(
    ...[kind, files]: Parameters<Contents["identifyListed"]>
  ): ReturnType<Contents["identifyListed"]> {
    return listedContent(this.#storeFolder, kind, files);
  }

  async manifest(id: ContentId): ReturnType<Contents["manifest"]> {
    return this.#do("readManifest", { storeFolder: this.#storeFolder, id });
  }

  holders(id: ContentId): ReturnType<Contents["holders"]> {
    return findHolders(this.#storeFolder, id);
  }

  verify(record: Parameters<Contents["verify"]>[0]): boolean | Promise<boolean> {
    const { path, shared = false } = record;
    if (shared && statSync(path, { throwIfNoEntry: false }) === undefined) return true;
    const seal = this.#sealIfUnaltered(record, "refuse");
    return seal instanceof Promise ? seal.then((one) => one !== null) : seal !== null;
  }

  #sealIfUnaltered(
    { path, id, seal, kind }: Pick<OutputRecord, "path" | "id" | "seal" | "kind">,
    outside: "refuse" | "follow",
  ): string | null | Promise<string | null> {
    // What cannot be read is not there; a bug is thrown on.
    const unreadable = (error: unknown): null => {
      failureOf(error, path);
      return null;
    };
    try {
      const [storeFolder, sharedFolders] = [this.#storeFolder, this.#sharedFolders];
      const asked = { path, id, seal, kind, storeFolder, sharedFolders, outside };
      const answer = this.#doNow("sealIfUnaltered", asked);
      return answer instanceof Promise ? answer.catch(unreadable) : answer;
    } catch (error) {
      return unreadable(error);
    }
  }

  firstChanged(files: readonly SeenFile[]): SeenFile | null {
    return firstChanged(files);
  }

  async snapshot(code: CodeReference): ReturnType<Contents["snapshot"]> {
    const { codeFolder } = this.#places;
    return this.#outcome(code.path ?? code.includes[0] ?? "", async () => {
      const [cacheFolder, sharedFolders] = [this.#cacheFolder, this.#sharedFolders];
      const places = { codeFolder, cacheFolder, sharedFolders };
      const { snapshot, warnings } = await this.#do("snapshotCode", { code, places });
      return done(snapshot, warnings);
    });
  }

  async snapshotText(snapshotId: ContentId, path: string): Promise<string | null> {
    const { codeFolder } = this.#places;
    const entries = readSnapshot(codeFolder, snapshotId);
    const entry = entries?.find((other) => other.path === path);
    if (entry?.type !== "file" || entry.size > TEXT_BYTES) return null;
    try {
      const text = readText(join(snapshotFolder(codeFolder, snapshotId), path));
      return text.includes("\0") ? null : text;
    } catch {
      return null;
    }
  }

  ignored(...asked: Parameters<Contents["ignored"]>): ReturnType<Contents["ignored"]> {
    return ignoringRule(...asked);
  }

  leftBehind(order: Parameters<Contents["leftBehind"]>[0]): ReturnType<Contents["leftBehind"]> {
    return this.#work.leftBehind(order);
  }

  async stage(order: Parameters<Contents["stage"]>[0]): ReturnType<Contents["stage"]> {
    return this.#outcome(join(this.#places.workFolder, order.attemptId), async () =>
      done(await this.#work.stage(order)),
    );
  }

  async capture(order: CaptureOrder): ReturnType<Contents["capture"]> {
    return this.#outcome(join(this.#places.scratchFolder, order.attemptId), async () => {
      const { captured, leftNothing, warnings, unsynced } = await captureAttempt(
        order,
        this.#places,
        {
          capture: (asked) => this.#doNow("capturePort", asked),
          trash: this.#work.trash,
        },
      );
      if (leftNothing) this.#work.leftNothing(order.attemptId);
      this.#unsyncedPaths.push(...unsynced.paths);
      this.#unsyncedTrees.push(...unsynced.trees);
      return done(captured, warnings);
    });
  }

  async makeDurable(whose: "mine" | "everyone's"): Promise<void> {
    const unsynced = { paths: this.#unsyncedPaths, trees: this.#unsyncedTrees };
    this.#unsyncedPaths = [];
    this.#unsyncedTrees = [];
    if (whose === "mine") await sync(unsynced, this.#storeFolder, this.#fileSystem);
    else await syncEverything(this.#storeFolder, this.#fileSystem);
  }

  async makeReadDurable(
    snapshotIds: readonly ContentId[],
    paths: readonly string[],
  ): Promise<void> {
    const { codeFolder } = this.#places;
    const unsynced = snapshotIds.flatMap((id) => unsyncedSnapshot(codeFolder, id));
    await sync({ paths: unsynced, trees: [] }, codeFolder, this.#fileSystem);
    // Each once: what is written there since is identified again before anybody submits it.
    const young = paths.filter((path) => this.#young.delete(path));
    await syncRead(young, (folder) => mayBeYoung(folder, this.#cacheFolder), this.#fileSystem);
  }

  async makeTreeDurable(folder: string): Promise<void> {
    await sync({ paths: [dirname(folder)], trees: [folder] }, folder, this.#fileSystem);
  }

  async publish(record: OutputRecord, destination: string, by = ""): Promise<Outcome<void>> {
    return this.#outcome(destination, async () => {
      const to = resolve(destination);
      if (record.kind === "file" && statSync(to, { throwIfNoEntry: false })?.isFile()) {
        const there = await this.identify(to, "uri_file");
        if (there.ok && there.value.id === record.id) return done(undefined);
      }
      const manifest = record.kind === "file" ? null : await this.manifest(record.id);
      if (record.kind === "folder" && manifest === null) return lostManifest(record);
      // What a step gets as a copy of its own is gone with it.
      const isPassing = to.startsWith(this.#places.attemptsFolder + sep);
      const memory = isPassing
        ? null
        : join(this.#publishedFolder, `${digest(`${to}\n${by}`).slice(7)}.json`);
      const entries = manifest?.entries ?? null;
      const isNew = await this.#do("publish", { from: record.path, to, entries, memory });
      if (isNew && !isPassing) await syncCopy(to, entries, this.#fileSystem);
      return done(undefined);
    });
  }

  async keep(data: readonly RecordedData[]): Promise<Outcome<void>> {
    const storeFolder = this.#storeFolder;
    const missing = new Map(data.map((one) => [one.content.id, one]));
    for (const id of missing.keys()) if (hasCopy(storeFolder, id)) missing.delete(id);
    if (missing.size === 0) return done(undefined);
    const paths: string[] = [join(storeFolder, ".kept")];
    const trees: string[] = [];
    for (const { path: from, content } of missing.values()) {
      const outcome = await this.#outcome(from, async () => {
        const entries = content.kind === "file" ? null : (await this.manifest(content.id))?.entries;
        if (entries === undefined) return lostManifest({ path: from });
        await this.#do("keepCopy", { from, content, entries, storeFolder });
        return done(undefined);
      });
      if (!outcome.ok) return outcome;
      const copy = keptPath(storeFolder, content.id);
      paths.push(dirname(copy));
      (content.kind === "file" ? paths : trees).push(copy);
    }
    await sync({ paths, trees }, storeFolder, this.#fileSystem);
    return done(undefined);
  }

  async kept(id: ContentId): Promise<Content | null> {
    if (!hasCopy(this.#storeFolder, id)) return null;
    const found = await this.identify(keptPath(this.#storeFolder, id), "uri_folder");
    return found.ok && found.value.id === id ? found.value : null;
  }

  async inputPath(id: string, input: string, data: RecordedData): Promise<string | null> {
    const seal = await this.#sealIfUnaltered({ ...data.content, path: data.path }, "follow");
    if (seal !== null) {
      if (seal !== data.content.seal)
        this.#readAs.set(id, { ...this.#readAs.get(id), [input]: seal });
      return data.path;
    }
    const content = await this.kept(data.content.id);
    if (content === null) return null;
    const kept = keptPath(this.#storeFolder, content.id);
    const attempt = join(this.#places.attemptsFolder, id);
    return layStandIn(kept, attempt, input, { path: data.path, kind: content.kind });
  }

  async inputHeld(id: string, input: string, data: RecordedData): Promise<Held> {
    const { path, content } = data;
    const attempt = join(this.#places.attemptsFolder, id);
    const read = standInOf(attempt, input, { path, kind: content.kind });
    const seal = await this.#sealIfUnaltered({ ...content, path: read ?? path }, "follow");
    if (seal === null) return "changed";
    const isOurs = read !== null || this.#ownFolders.some((own) => path.startsWith(own + sep));
    if (isOurs) return "held";
    return seal === (this.#readAs.get(id)?.[input] ?? content.seal) ? "held" : "written";
  }

  discard(attemptId: string, keep: Kept): void {
    this.#readAs.delete(attemptId);
    this.#work.discard(attemptId, keep);
  }

  async close(): Promise<void> {
    await Promise.all(this.#asking.values());
    this.#hashes.save();
    this.#work.close();
    await Promise.all([this.#pool.close(), this.#fileSystem.close()]);
  }

  async #identify(path: string, stats: Stats): Promise<Outcome<Content>> {
    return this.#outcome(path, async () => {
      const [storeFolder, sharedFolders] = [this.#storeFolder, this.#sharedFolders];
      const places = { storeFolder, sharedFolders, cacheFolder: this.#cacheFolder };
      if (stats.isDirectory()) return done(await this.#do("identifyFolder", { path, places }));
      const hash = () => this.#doNow("hashFile", { path, size: stats.size });
      const content = await this.#hashes.learn(path, stats, hash);
      const after = statSync(path);
      if (after.mtimeMs === stats.mtimeMs && after.size === stats.size) return done(content);
      const message = `${path} changed while it was read`;
      return { ok: false, failure: { code: "changed_while_read", message, hint: null } };
    });
  }

  /** At once when small, else by a worker. */
  #doNow<Name extends JobName>(
    name: Name,
    asked: ContentJobs[Name]["asked"],
  ): ContentJobs[Name]["answer"] | Promise<ContentJobs[Name]["answer"]> {
    const answer = contentJobs[name](asked, INLINE);
    return answer === TOO_BIG ? this.#pool.run(name, asked) : answer;
  }

  async #do<Name extends JobName>(
    name: Name,
    asked: ContentJobs[Name]["asked"],
  ): Promise<ContentJobs[Name]["answer"]> {
    return this.#doNow(name, asked);
  }

  async #outcome<T>(path: string, work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    try {
      return await work();
    } catch (error) {
      return { ok: false, failure: failureOf(error, path) };
    }
  }
}

function lostManifest(record: Pick<OutputRecord, "path">): Outcome<void> {
  const message = `the list of what ${record.path} holds is missing or damaged`;
  const hint = "run the step again with --force";
  return { ok: false, failure: { code: "missing_path", message, hint } };
}
