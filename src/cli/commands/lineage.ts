// `stepwell lineage WHAT`: what some data was made from and what was made of it, as a tree, a picture, a report or events.

import fs from "node:fs";
import path from "node:path";
import { type Command, Option } from "commander";
import type { LineageGraph } from "../../core/lineage.ts";
import { lineageDot } from "../../core/lineage-dot.ts";
import { indented, lineageTree } from "../../core/lineage-tree.ts";
import { reportHtml, reportMarkdown } from "../../display/report.ts";
import { lineageEvents } from "../../operations/lineage/lineage-events.ts";
import { type Lineage, lineageView, readLineage } from "../../operations/lineage/read-lineage.ts";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import type { Workspace } from "../../operations/workspace.ts";
import { VERSION } from "../../version.ts";
import type { Context } from "../context.ts";
import { table } from "../format.ts";
import { factLines } from "../lineage-lines.ts";
import { lineageReport, lineageSvg } from "../lineage-report.ts";

interface LineageFlags {
  readonly up?: boolean;
  readonly down?: boolean;
  readonly depth?: string;
  readonly limit: string;
  readonly json?: boolean;
  readonly dot?: boolean;
  readonly openlineage?: boolean;
  readonly svg?: string;
  readonly report?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument(
      "<what...>",
      "data:NAME:VERSION, model:NAME@LABEL, RUN.STEP.OUTPUT, RUN, sha256:…, or a file or folder",
    )
    .option("--up", "only what it was made from")
    .option("--down", "only what was made of it")
    .option("--depth <n>", "at most so many step runs away")
    .addOption(new Option("--limit <n>", "most nodes in each direction").default("1000"))
    .option("--json", "print the graph as one JSON object")
    .option("--dot", "print it for Graphviz")
    .option("--openlineage", "print OpenLineage events, one a line")
    .option("--svg <file>", "write a picture of it")
    .option("--report <file>", "write it for a person without Stepwell: FILE.html or FILE.md")
    .addHelpText("after", EXAMPLES)
    .action(async (words: readonly string[], flags: LineageFlags) => {
      const options = optionsOf(context, flags);
      const workspace = await context.open({ create: "refuse" });
      try {
        const question = { words, folder: context.currentFolder };
        const lineage = await readLineage(workspace, question, options);
        if (isRefusal(lineage)) return context.refuse(lineage, flags.json);
        const isWritten = writeFiles(context, workspace, lineage, flags);
        await print(context, workspace, lineage, { ...flags, isWritten });
      } finally {
        await workspace.close();
      }
    });
}

const EXAMPLES = `
Examples:
  stepwell lineage model:trees@production
  stepwell lineage data:iris:1 --down
  stepwell lineage taxi-17.train.model --report audit.html
  stepwell lineage ./model.pkl`;

function optionsOf(context: Context, flags: LineageFlags): Parameters<typeof readLineage>[2] {
  const both = flags.up === flags.down;
  return {
    up: both || flags.up === true,
    down: both || flags.down === true,
    depth: flags.depth === undefined ? null : wholeNumber(context, flags, "depth"),
    limit: wholeNumber(context, flags, "limit"),
  };
}

function wholeNumber(context: Context, flags: LineageFlags, name: "depth" | "limit"): number {
  const word = flags[name] ?? "";
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  const message = `--${name} ${word}: expected a whole number above 0`;
  return context.refuse(refuse("wrong_usage", message), flags.json);
}

/** True when something was written: then the tree need not be printed as well. */
function writeFiles(
  context: Context,
  workspace: Workspace,
  lineage: Lineage,
  { svg, report, json }: LineageFlags,
): boolean {
  const write = (name: string, text: string): void => {
    const file = path.resolve(context.currentFolder, name);
    try {
      fs.writeFileSync(file, text);
    } catch (error) {
      const message = `${file} cannot be written: ${(error as Error).message}`;
      context.refuse(refuse("unwritable", message, "name a file in a folder that there is"), json);
    }
    context.terminal.note(`written: ${path.relative(context.currentFolder, file) || file}`);
  };
  if (report !== undefined && !/\.(?:html?|md)$/i.test(report))
    context.refuse(
      refuse("wrong_usage", `--report ${report}: expected FILE.html or FILE.md`),
      json,
    );
  if (svg !== undefined) write(svg, lineageSvg(lineage.graph));
  if (report !== undefined) {
    const now = workspace.clock.now();
    const made = lineageReport(lineage, { version: VERSION, now, workspace: workspace.folder });
    write(report, /\.md$/i.test(report) ? reportMarkdown(made) : reportHtml(made));
  }
  return svg !== undefined || report !== undefined;
}

async function print(
  { terminal }: Context,
  workspace: Workspace,
  lineage: Lineage,
  flags: LineageFlags & { readonly isWritten: boolean },
): Promise<void> {
  if (flags.json) return terminal.out(JSON.stringify(lineageView(lineage)));
  if (flags.dot) return terminal.out(lineageDot(lineage.graph));
  if (flags.openlineage) {
    for (const event of await lineageEvents(workspace, lineage.subject, lineage.graph))
      terminal.out(JSON.stringify(event));
    return;
  }
  terminal.out(table(factLines(lineage.facts)));
  if (flags.isWritten) return;
  for (const [title, direction] of [
    ["made from", "up"],
    ["used by", "down"],
  ] as const)
    for (const line of treeLines(lineage.graph, title, direction)) terminal.out(line);
}

function treeLines(
  graph: LineageGraph,
  title: string,
  direction: "up" | "down",
): readonly string[] {
  const lines = lineageTree(graph, direction);
  if (lines.length <= graph.roots.length) return [];
  return ["", title, ...lines.map((line) => `  ${indented(line)}`)];
}
