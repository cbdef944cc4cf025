// A lineage as a report for a person without Stepwell, and as a picture. Knows nothing of files.

import { edgesBy, type LineageGraph, type LineageNode } from "../core/lineage.ts";
import { describeNode, indented, lineageTree } from "../core/lineage-tree.ts";
import { oneLine } from "../core/one-line.ts";
import { type GraphNode, graphSvg } from "../display/graph-svg.ts";
import type { Report, ReportSection } from "../display/report.ts";
import type { Lineage } from "../operations/lineage/read-lineage.ts";
import { factLines } from "./lineage-lines.ts";

export function lineageReport(
  lineage: Lineage,
  {
    version,
    now,
    workspace,
  }: { readonly version: string; readonly now: number; readonly workspace: string },
): Report {
  const { graph, facts } = lineage;
  return {
    title: `Lineage of ${oneLine(facts.subject.word)}`,
    facts: factLines(facts),
    sections: [
      { kind: "picture", title: "Picture", svg: lineageSvg(graph) },
      ...treeSections(graph),
      stepSection(graph),
      dataSection(graph),
      ...packageSection(lineage),
      { kind: "text", title: "How to check it", lines: CHECKING },
    ],
    footer: `Written ${new Date(now).toISOString()} by Stepwell ${version} from the records of ${oneLine(workspace)}.`,
  };
}

const CHECKING = [
  "An id is sha256: and the SHA-256 of the bytes. Of a single file: sha256sum FILE.",
  "Of a folder it is the hash of the list of what it holds, see docs/reference/content-id.md of Stepwell.",
  "With Stepwell and this workspace: stepwell lineage FILE names the run that made it.",
];

function treeSections(graph: LineageGraph): readonly ReportSection[] {
  const titles = { up: "Made from", down: "Used by" } as const;
  return (["up", "down"] as const).flatMap((direction): ReportSection[] => {
    const lines = lineageTree(graph, direction);
    if (lines.length <= graph.roots.length) return [];
    return [{ kind: "text", title: titles[direction], lines: lines.map(indented) }];
  });
}

function stepSection(graph: LineageGraph): ReportSection {
  const used = edgesBy("to", graph);
  const rows = [...graph.nodes.values()].flatMap((node) => {
    if (node.kind !== "step_run") return [];
    const parts = (used.get(node.id) ?? []).map((edge) => graph.nodes.get(edge.from));
    const idOf = (kind: "code" | "environment"): string => {
      const part = parts.find((one) => one?.kind === kind);
      return part?.kind === kind ? part.contentId : "";
    };
    const name = node.step === "." ? node.run : `${node.run}.${node.step}`;
    return [[oneLine(name), node.finished, idOf("code"), idOf("environment"), node.fingerprint]];
  });
  const head = ["Step run", "Finished", "Code", "Environment", "Fingerprint"];
  return { kind: "table", title: "Step runs", head, rows };
}

function dataSection(graph: LineageGraph): ReportSection {
  const rows = [...graph.nodes.values()].flatMap((node) => {
    if (
      node.kind !== "output" &&
      node.kind !== "data" &&
      node.kind !== "model" &&
      node.kind !== "content"
    )
      return [];
    const where =
      node.kind === "output"
        ? node.path
        : node.kind === "content"
          ? (node.written ?? "")
          : node.from;
    return [[node.kind, nameOf(node), node.contentId, oneLine(where)]];
  });
  return { kind: "table", title: "Data", head: ["Kind", "Name", "Content id", "Lay at"], rows };
}

function packageSection({ facts }: Lineage): readonly ReportSection[] {
  const packages = Object.entries(facts.made?.environment?.packages ?? {});
  if (packages.length === 0) return [];
  const rows = packages.map(([name, version]) => [oneLine(name), oneLine(version)]);
  return [
    { kind: "table", title: "Packages of its environment", head: ["Package", "Version"], rows },
  ];
}

/** Data and step runs; code, environments and runs are left to the other forms. */
export function lineageSvg(graph: LineageGraph): string {
  const before = edgesBy("to", graph);
  const isDrawn = (node: LineageNode | undefined): node is LineageNode =>
    node !== undefined && !["code", "environment", "run"].includes(node.kind);
  const drawn = [...graph.nodes.values()].filter(isDrawn);
  const names = uniqueNames(drawn);
  const nodes = drawn.map(
    (node): GraphNode => ({
      name: names.get(node.id) as string,
      state: node.kind === "step_run" ? "ran" : graph.roots.includes(node.id) ? "run" : null,
      note: "contentId" in node ? node.contentId.slice(0, 19) : null,
      after: (before.get(node.id) ?? []).flatMap((edge) => names.get(edge.from) ?? []),
    }),
  );
  return graphSvg(nodes, { whole: "lineage", nodes: "nodes" });
}

/** A drawing knows its boxes by what stands in them. */
function uniqueNames(nodes: readonly LineageNode[]): ReadonlyMap<string, string> {
  const taken = new Map<string, number>();
  return new Map(
    nodes.map((node) => {
      const name = nameOf(node);
      const count = (taken.get(name) ?? 0) + 1;
      taken.set(name, count);
      return [node.id, count === 1 ? name : `${name} (${count})`];
    }),
  );
}

/** Without the id that stands behind it. */
function nameOf(node: LineageNode): string {
  return describeNode(node).split("  ")[0] as string;
}
