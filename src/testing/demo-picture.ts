// The picture of README's first screen: the demo's graph after each of its edits, with what ran and what was reused. Made of
// README's own transcript, so that it cannot show anything else.

import fs from "node:fs";
import path from "node:path";
import { type GraphNode, graphSvg } from "../display/graph-svg.ts";
import { ROOT } from "./repository.ts";

export const PICTURE = path.join(ROOT, "docs", "images", "demo.svg");

/** Steps and what they read, from the demo's file. */
function demoSteps(): readonly (readonly [name: string, after: readonly string[]])[] {
  const text = fs.readFileSync(path.join(ROOT, "demo", "project", "pipeline.yml"), "utf8");
  const jobs = text.slice(text.indexOf("\njobs:")).split(/^ {2}(?=\w+:$)/m);
  return jobs.slice(1).map((job) => {
    const name = /^\w+/.exec(job)?.[0] ?? "";
    const from = [...job.matchAll(/parent\.jobs\.(\w+)\./g)].map(([, one = ""]) => one);
    return [name, [...new Set(from)]] as const;
  });
}

/** What each run of the transcript that comes after an edit says: its heading, and the lines of its steps. */
function edits(transcript: string): readonly { readonly title: string; readonly lines: string }[] {
  const parts = transcript.split(/^(?=Change one line|Add a comment|Change a parameter)/m).slice(1);
  return parts.map((part) => {
    const runs = part.split("$ stepwell run").slice(1);
    return { title: part.split("\n", 1)[0]?.replace(/:$/, "") ?? "", lines: runs[0] ?? "" };
  });
}

export function demoPicture(transcript: string): string {
  const steps = demoSteps();
  const pictures = edits(transcript).map(({ title, lines }) => {
    const nodes = steps.map(([name, after]): GraphNode => {
      const reused = new RegExp(`^reused  ${name} `, "m").test(lines);
      const reason = new RegExp(`^start   ${name}  (.*)$`, "m").exec(lines)?.[1] ?? null;
      return { name, after, state: reused ? "reused" : "ran", note: reused ? "reused" : reason };
    });
    return { title, svg: graphSvg(nodes) };
  });
  return stacked(pictures);
}

const HEAD = 30;

function stacked(pictures: readonly { readonly title: string; readonly svg: string }[]): string {
  const size = (svg: string, side: string): number =>
    Number(new RegExp(`${side}="(\\d+)"`).exec(svg)?.[1] ?? 0);
  const width = Math.max(...pictures.map(({ svg }) => size(svg, "width")));
  let y = 0;
  const parts = pictures.map(({ title, svg }) => {
    const text = `<text x="12" y="${y + 20}" font-family="system-ui, sans-serif" font-size="14" fill="#888">${title}</text>`;
    const inner = svg
      .replace("<svg ", `<svg y="${y + HEAD}" `)
      .replace(/ role="img" aria-label="[^"]*"/, "");
    y += HEAD + size(svg, "height");
    return `${text}\n${inner}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img" aria-label="which of the demo's steps run after each edit">
${parts.join("\n")}
</svg>
`;
}
