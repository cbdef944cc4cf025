// The six things that an audit asks about some data: what it is, which run made it, with which code, environment and
// parameters, and from which data. Reads the record; decides nothing about how it is shown.

import type { EnvironmentIdentity } from "../../core/environment.ts";
import type { LineageGraph } from "../../core/lineage.ts";
import { type OriginNode, originsOf } from "../../core/lineage-roots.ts";
import type { Removal } from "../../core/removal.ts";
import { environmentDocument } from "../../engine/evidence.ts";
import type { ResultRow, RunOrigin, RunRow } from "../../ports/records.ts";
import type { Workspace } from "../workspace.ts";
import type { LineageSubject } from "./find-lineage.ts";
import { type OutputPlace, originOf } from "./lineage-places.ts";

export interface LineageFacts {
  readonly subject: SubjectFacts;
  /** Null: no step run of this workspace made it. */
  readonly made: MadeFacts | null;
  readonly origins: readonly OriginFacts[];
  /** False: there is more data further up than was looked at. */
  readonly complete: boolean;
}

export interface SubjectFacts {
  readonly word: string;
  readonly kind: "data" | "model" | "output" | "content" | "run";
  /** Name of the version, output or run; for bytes alone the word. */
  readonly name: string;
  readonly contentId: string | null;
  readonly sizeBytes: number | null;
  /** Where it lies in the recorded folder that holds it. */
  readonly inside: string | null;
  /** ISO 8601; who registered it (or started the run), and from what. Null for what is not registered. */
  readonly registered: { readonly at: string; readonly by: string; readonly from: string } | null;
  readonly removed: Removal | null;
}

export interface MadeFacts {
  readonly run: string;
  readonly step: string;
  readonly output: string | null;
  readonly pipeline: string;
  readonly user: string;
  readonly host: string;
  /** ISO 8601. */
  readonly finished: string;
  readonly commits: readonly CommitFacts[];
  /** Runs that took the result over instead of making it again. */
  readonly reusedBy: readonly string[];
  /** Other step runs that made the very same bytes. */
  readonly others: number;
  readonly code: string | null;
  readonly environment: EnvironmentFacts | null;
  readonly parameters: Readonly<Record<string, string>>;
  readonly command: string | null;
}

export interface CommitFacts {
  readonly commit: string;
  readonly dirty: boolean;
  readonly repository: string | null;
  readonly branch: string | null;
}

export interface EnvironmentFacts {
  readonly id: string;
  readonly label: string | null;
  readonly pythonVersion: string | null;
  readonly lockId: string | null;
  readonly packages: Readonly<Record<string, string>>;
}

export interface OriginFacts {
  /** `data iris:1`, or a path as it was written. */
  readonly name: string;
  readonly contentId: string;
  readonly from: string | null;
}

/** Runs that are looked through for whether they took a result over. */
const MOST_REUSERS = 50;

/** `graph`: upwards as far as it was followed. */
export async function lineageFacts(
  workspace: Workspace,
  subject: LineageSubject,
  graph: LineageGraph,
): Promise<LineageFacts> {
  const made = await makerOf(workspace, subject);
  return {
    subject: { ...(await subjectFacts(workspace, subject)), removed: removalIn(graph) },
    made: made === null ? null : await madeFacts(workspace, made),
    origins: originsOf(graph).map(originFacts),
    complete: !graph.cuts.some((cut) => cut.direction === "up"),
  };
}

/** Of what was asked for. */
function removalIn({ roots, nodes }: LineageGraph): Removal | null {
  const [root] = roots.map((id) => nodes.get(id));
  return root !== undefined && "removed" in root ? root.removed : null;
}

async function subjectFacts(
  { records }: Workspace,
  { word, places, askedRun, inside }: LineageSubject,
): Promise<Omit<SubjectFacts, "removed">> {
  const [place] = places;
  const base = { word, inside, registered: null, sizeBytes: null };
  if (place === undefined || place.kind === "step_run") {
    const name = askedRun ?? word;
    const run = await records.run(name);
    const at = new Date(run?.createdAt ?? 0).toISOString();
    const registered = { at, by: run?.origin.user ?? "", from: run?.origin.file ?? "" };
    return { ...base, kind: "run", name, contentId: null, registered };
  }
  const { node } = place;
  const { contentId } = node;
  if (place.kind === "content") return { ...base, kind: "content", name: word, contentId };
  if (place.kind === "output") {
    const { run, step, output, sizeBytes } = place.node;
    const name = step === "." ? output : `${step}.${output}`;
    const shown = `${askedRun ?? run} ${name}`;
    return { ...base, kind: "output", name: shown, contentId, sizeBytes };
  }
  const { kind, name, version, created: at, createdBy: by, from } = place.node;
  const registered = { at, by, from };
  return { ...base, kind, name: `${name}:${version}`, contentId, registered };
}

interface Maker {
  readonly row: ResultRow;
  readonly output: OutputPlace | null;
}

/** Of a whole run that is one step, that step. */
async function makerOf(workspace: Workspace, { places }: LineageSubject): Promise<Maker | null> {
  const [place, ...more] = places;
  if (place === undefined) return null;
  if (place.kind === "step_run") return more.length === 0 ? { row: place.row, output: null } : null;
  const output = place.kind === "output" ? place : await originOf(workspace, place);
  return output === null ? null : { row: output.row, output };
}

async function madeFacts(workspace: Workspace, { row, output }: Maker): Promise<MadeFacts> {
  const { records } = workspace;
  const run = await records.run(row.run);
  const image = await records.preImage(row.fingerprint);
  const contentId = output?.node.contentId ?? null;
  const makers =
    contentId === null ? null : await records.makers(contentId, { before: null, limit: 1 });
  const parameters = Object.entries(image?.node.parameters ?? {}).map(([name, [, text]]) => [
    name,
    text,
  ]);
  return {
    run: row.run,
    step: row.path,
    output: output?.node.output ?? null,
    ...originIn(run),
    finished: new Date(row.finishedAt).toISOString(),
    reusedBy: await reusersOf(workspace, row),
    others: makers === null ? 0 : makers.total - 1,
    code: image?.moment.code ?? null,
    environment:
      image === null ? null : await environmentFacts(workspace, image.moment.environment),
    parameters: Object.fromEntries(parameters),
    command: image?.node.command ?? null,
  };
}

function originIn(run: RunRow | null): Pick<MadeFacts, "pipeline" | "user" | "host" | "commits"> {
  const origin: RunOrigin | null = run?.origin ?? null;
  const commits = (origin?.git ?? []).map(({ commit, dirty, repository, branch }) => ({
    commit,
    dirty,
    repository,
    branch,
  }));
  return {
    pipeline: run?.pipeline ?? "",
    user: origin?.user ?? "",
    host: origin?.host ?? "",
    commits,
  };
}

async function reusersOf({ records }: Workspace, row: ResultRow): Promise<readonly string[]> {
  const found: string[] = [];
  for (const run of (await records.reusersOf(row.run)).slice(0, MOST_REUSERS)) {
    const taken = await records.reusedBy(run);
    if (taken.some((one) => one.run === row.run && one.seq === row.seq)) found.push(run);
  }
  return found;
}

async function environmentFacts({ records }: Workspace, id: string): Promise<EnvironmentFacts> {
  const body = await records.document(environmentDocument(id));
  if (body === null) return { id, label: null, pythonVersion: null, lockId: null, packages: {} };
  const { label, pythonVersion, lockId, packages } = JSON.parse(body) as EnvironmentIdentity;
  return { id, label, pythonVersion, lockId, packages };
}

function originFacts(node: OriginNode): OriginFacts {
  const { contentId } = node;
  if (node.kind === "content")
    return {
      name: node.written ?? "data that was recorded by its id alone",
      contentId,
      from: null,
    };
  return { name: `${node.kind} ${node.name}:${node.version}`, contentId, from: node.from };
}
