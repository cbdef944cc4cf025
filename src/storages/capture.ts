// Captures all the outputs of an attempt and moves them to their final folder in the store, in one rename. Knows the
// layout of the store; how one output is frozen and hashed is `capture-port`.

import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, renameSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { OutputRecord } from "../core/output.ts";
import type { Captured, CaptureOrder, LeftFolder } from "../ports/contents.ts";
import type { DataType } from "../spec/graph.ts";
import { own, put } from "../spec/own-keys.ts";
import { WORK_FOLDERS } from "./as-made.ts";
import type { CapturedPort, PortOrder } from "./capture-port.ts";
import { ContentProblem } from "./content-problem.ts";
import type { Unsynced } from "./durable.ts";
import { hashFile } from "./hash-file.ts";

export interface CapturePlaces {
  readonly storeFolder: string;
  readonly scratchFolder: string;
  readonly workFolder: string;
  readonly attemptsFolder: string;
}

export interface CaptureMeans {
  /** Freezes and identifies one output, here or by a worker. */
  capture(order: PortOrder): CapturedPort | Promise<CapturedPort>;
  /** Takes away a folder that is in the way. */
  trash(path: string): void;
}

export interface CaptureResult {
  readonly captured: Captured;
  /** Its work folder's own folders for artifacts were empty. */
  readonly leftNothing: boolean;
  readonly warnings: readonly string[];
  readonly unsynced: Unsynced;
}

/** Name of the artifacts beside the ports of a step: no port can be called so. */
const ARTIFACTS = ".artifacts";

export async function captureAttempt(
  order: CaptureOrder,
  places: CapturePlaces,
  means: CaptureMeans,
): Promise<CaptureResult> {
  const scratch = `${places.scratchFolder}/${order.attemptId}`;
  const asideFolder = `${places.attemptsFolder}/${order.attemptId}/aside`;
  const { storeFolder } = places;
  const final = finalFolder(storeFolder, order);
  // An engine may have died between the move and the record: then the outputs are in their place already.
  const isMoved = !isOwnFolder(scratch) && existsSync(final);
  const source = isMoved ? final : scratch;
  const ports: [string, DataType, CapturedPort][] = [];
  for (const [port, type] of Object.entries(order.outputs)) {
    const same = own(order.same ?? {}, port);
    const isUnnamed = order.unnamed?.includes(port) ?? false;
    const place = { port, type, folder: `${source}/${port}`, asideFolder, storeFolder, isUnnamed };
    const asked = same === undefined ? place : { ...place, same };
    // An answer that is there already is not waited for: most outputs are one small file.
    const answer = means.capture(asked);
    ports.push([port, type, answer instanceof Promise ? await answer : answer]);
  }
  const left = order.captureArtifacts ? artifactFolders(order, places) : [];
  const more = order.captureArtifacts ? ownFolders(order, places) : [];
  const lost: string[] = [];
  const artifacts = order.captureArtifacts ? gatherArtifacts(left, more, source, lost) : null;
  if (artifacts !== null) {
    const before = `${places.workFolder}/${order.attemptId}`;
    const asked = { port: ARTIFACTS, type: "uri_folder" as const, folder: artifacts };
    ports.push([
      ARTIFACTS,
      "uri_folder",
      await means.capture({ ...asked, asideFolder, storeFolder, before }),
    ]);
  }
  if (ports.length > 0 && !isMoved) moveInto(scratch, final, means);
  const leftNothing = order.captureArtifacts && left.length === 0;
  const result = resultOf(ports, final, storeFolder);
  return { ...result, warnings: [...result.warnings, ...leftTwice(lost)], leftNothing };
}

function leftTwice(lost: readonly string[]): readonly string[] {
  if (lost.length === 0) return [];
  const more = lost.length > TOLD ? ` and ${lost.length - TOLD} more` : "";
  const names = `${lost.slice(0, TOLD).join(", ")}${more}`;
  return [`artifacts were left twice under one name, with other bytes, and one is kept: ${names}`];
}

const TOLD = 3;

/** False when it is not there. A step may have put a link in its place, so that we would alter what it leads to. */
function isOwnFolder(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory()) return stats !== undefined;
  const message = `the command replaced ${folder}, in which its outputs are kept`;
  throw new ContentProblem("wrong_kind", message, "write outputs to the paths that it gets");
}

/** `azureml/<run>/<step path>`; the segments of a nested step are folders, the standalone step is `_`. */
function finalFolder(storeFolder: string, order: CaptureOrder): string {
  const segments = order.step === "." ? ["_"] : order.step.split(".");
  return join(storeFolder, "azureml", order.run, ...segments);
}

/** Which of `./outputs` and `./logs` of the work folder hold something. */
function artifactFolders(order: CaptureOrder, places: CapturePlaces): readonly string[] {
  const work = `${places.workFolder}/${order.attemptId}`;
  if (!isOwnFolder(work)) return [];
  return WORK_FOLDERS.map((name) => `${work}/${name}`).filter(hasEntries);
}

/** What else is said to be left: in the attempt's own folder, wherever links in it lead. */
function ownFolders(order: CaptureOrder, places: CapturePlaces): readonly LeftFolder[] {
  const left = (order.left ?? []).filter(({ folder }) => existsSync(folder));
  if (left.length === 0) return left;
  const own = `${realpathSync(`${places.attemptsFolder}/${order.attemptId}`)}/`;
  return left.filter(({ folder }) => realpathSync(folder).startsWith(own));
}

/** Moves them beside the ports; null when there are none. `lost` gets the names of what has no place there. */
function gatherArtifacts(
  left: readonly string[],
  more: readonly LeftFolder[],
  source: string,
  lost: string[],
): string | null {
  const folder = `${source}/${ARTIFACTS}`;
  if (left.length + more.length === 0) return existsSync(folder) ? folder : null;
  mkdirSync(folder, { recursive: true });
  for (const full of left) {
    const moved = join(folder, basename(full));
    if (!hasEntries(moved)) renameSync(full, moved);
  }
  for (const one of more) {
    const others = mergeInto(one.folder, join(folder, one.as));
    lost.push(...others.map((full) => relative(folder, full)));
  }
  return folder;
}

/** Moves the entries of a folder; what has the same name there already stays, folders are merged. Gives what that hides. */
function mergeInto(from: string, to: string): readonly string[] {
  const place = lstatSync(to, { throwIfNoEntry: false });
  if (place?.isDirectory() === false) return [to];
  mkdirSync(to, { recursive: true });
  return readdirSync(from, { withFileTypes: true }).flatMap((entry) => {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (entry.isDirectory() && there?.isDirectory() === true) return mergeInto(source, target);
    if (there !== undefined) return isSameFile(source, target) ? [] : [target];
    renameSync(source, target);
    return [];
  });
}

function isSameFile(one: string, other: string): boolean {
  const [was, is] = [lstatSync(one), lstatSync(other)];
  if (!was.isFile() || !is.isFile() || was.size !== is.size) return false;
  return hashFile(one, was.size) === hashFile(other, is.size);
}

function hasEntries(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}

/** The same run may have captured this step before, just before a crash: nothing was recorded, so ours replaces it. */
function moveInto(scratch: string, final: string, means: CaptureMeans): void {
  try {
    renameSync(scratch, final);
    return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") mkdirSync(dirname(final), { recursive: true });
    else if (code === "ENOTEMPTY" || code === "EEXIST") means.trash(final);
    else throw error;
  }
  renameSync(scratch, final);
}

function resultOf(
  ports: readonly (readonly [string, DataType, CapturedPort])[],
  final: string,
  storeFolder: string,
): Omit<CaptureResult, "leftNothing"> {
  const outputs: Record<string, OutputRecord> = {};
  const warnings: string[] = [];
  const paths: string[] = [];
  const trees: string[] = [];
  let artifacts: OutputRecord | null = null;
  for (const [port, type, captured] of ports) {
    const folder = `${final}/${port}`;
    const path = captured.file === "" ? folder : `${folder}/${captured.file}`;
    const { same } = captured;
    const { kind, id, sizeBytes, files, seal } = captured.content;
    const record = { kind, id, sizeBytes, files, seal, type, path };
    if (port === ARTIFACTS) artifacts = record;
    else put(outputs, port, same === undefined ? record : { ...record, same });
    warnings.push(...captured.warnings);
    paths.push(path, folder);
    if (captured.manifest !== null) paths.push(captured.manifest, dirname(captured.manifest));
    if (record.kind === "folder" && record.files > 0) trees.push(path);
  }
  // The names of new folders must last as well as what is in them.
  for (let folder = final; ports.length > 0 && folder !== storeFolder; folder = dirname(folder))
    paths.push(folder);
  const unsynced = { paths, trees };
  return { captured: { outputs, artifacts }, warnings, unsynced };
}
