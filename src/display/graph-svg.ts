// A pipeline as a picture: boxes in layers, arrows between them, states as colours. Readable on light and dark pages.

import { escaped } from "./escaped.ts";
import { type DrawnNode, type Placed, placeNodes } from "./layers.ts";

export interface GraphNode extends DrawnNode {
  /** Status of the step, `reused`, `run`, …; null draws it plain. */
  readonly state: string | null;
  /** A second, smaller line; null for none. */
  readonly note: string | null;
}

/** A larger drawing helps nobody: the rest is said in words. */
const MOST_NODES = 400;

const WIDTH = 168;
const HEIGHT = 44;
const GAP_X = 56;
const GAP_Y = 18;
const MARGIN = 12;

/** Fill and edge by state. */
const COLOURS: Readonly<Record<string, readonly [fill: string, edge: string]>> = {
  Completed: ["#d8f5dd", "#2c8a42"],
  ran: ["#d8f5dd", "#2c8a42"],
  reused: ["#e3ecfa", "#4a7bc8"],
  reuse: ["#e3ecfa", "#4a7bc8"],
  run: ["#fdf0d0", "#b98514"],
  depends: ["#fdf7e6", "#c9a85a"],
  Running: ["#fdf0d0", "#b98514"],
  Preparing: ["#fdf0d0", "#b98514"],
  Finalizing: ["#fdf0d0", "#b98514"],
  Failed: ["#fbdada", "#c23535"],
  Canceled: ["#eeeeee", "#888888"],
  Skipped: ["#f4f4f4", "#aaaaaa"],
};
const PLAIN = ["#f6f6f4", "#777777"] as const;

/** What is drawn, in words. */
export interface Drawn {
  readonly whole: string;
  readonly nodes: string;
}

export function graphSvg(
  nodes: readonly GraphNode[],
  drawn: Drawn = { whole: "pipeline", nodes: "steps" },
): string {
  const shown = nodes.slice(0, MOST_NODES);
  const { places, arrows } = placeNodes(shown);
  const all = [...places.values(), ...arrows.flatMap(({ way }) => way)];
  const columns = 1 + Math.max(0, ...all.map(({ layer }) => layer));
  const rows = 1 + Math.max(0, ...all.map(({ row }) => row));
  const rest = nodes.length - shown.length;
  const width = 2 * MARGIN + columns * WIDTH + (columns - 1) * GAP_X;
  const height = 2 * MARGIN + rows * HEIGHT + (rows - 1) * GAP_Y + (rest > 0 ? 20 : 0);
  const boxes = shown.map((node) => box(node, corner(places.get(node.name) as Placed)));
  const more =
    rest > 0
      ? [`<text x="${MARGIN}" y="${height - 8}" ${TEXT}>and ${rest} more ${drawn.nodes}</text>`]
      : [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${drawn.whole} of ${nodes.length} ${drawn.nodes}">`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#888"/></marker></defs>',
    ...arrows.map(({ way }) => arrow(way)),
    ...boxes,
    ...more,
    "</svg>",
  ].join("\n");
}

const TEXT = 'font-family="system-ui, sans-serif" font-size="12" fill="#888"';

interface Point {
  readonly x: number;
  readonly y: number;
}

function corner({ layer, row }: Placed): Point {
  return { x: MARGIN + layer * (WIDTH + GAP_X), y: MARGIN + row * (HEIGHT + GAP_Y) };
}

/** From a box to a box, level past the places that are kept free for it. */
function arrow(way: readonly Placed[]): string {
  const points = way.map(corner);
  const parts = points.slice(1).map(({ x, y }, index) => {
    const from = points[index] as Point;
    const isLast = index === points.length - 2;
    const [x1, y1, x2, y2] = [
      from.x + WIDTH,
      from.y + HEIGHT / 2,
      isLast ? x - 2 : x,
      y + HEIGHT / 2,
    ];
    const bend = GAP_X / 2;
    const curve = `C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    return isLast ? curve : `${curve}H${x + WIDTH}`;
  });
  const [first] = points as [Point];
  const path = `M${first.x + WIDTH} ${first.y + HEIGHT / 2}${parts.join("")}`;
  return `<path d="${path}" fill="none" stroke="#888" marker-end="url(#tip)"/>`;
}

function box({ name, state, note }: GraphNode, { x, y }: Point): string {
  const [fill, edge] = COLOURS[state ?? ""] ?? PLAIN;
  const text = (line: string, dy: number, size: number): string =>
    `<text x="${x + WIDTH / 2}" y="${y + dy}" text-anchor="middle" font-family="system-ui, sans-serif" font-size="${size}" fill="#222">${escaped(shortened(line))}</text>`;
  const title = [name, state, note].filter((part) => part !== null).join(": ");
  return [
    `<g><title>${escaped(title)}</title>`,
    `<rect x="${x}" y="${y}" width="${WIDTH}" height="${HEIGHT}" rx="7" fill="${fill}" stroke="${edge}"/>`,
    text(name, note === null ? 27 : 19, 13),
    ...(note === null ? [] : [text(note, 35, 10)]),
    "</g>",
  ].join("");
}

function shortened(text: string): string {
  return text.length <= 26 ? text : `${text.slice(0, 25)}…`;
}
