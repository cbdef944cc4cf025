// How many values lie in each part of a range, as bars. Only text and numbers go in, and text is escaped.

import { escaped } from "./escaped.ts";

export interface HistogramBars {
  readonly from: number | string;
  readonly to: number | string;
  readonly counts: readonly number[];
}

const WIDTH = 420;
const HEIGHT = 90;

export function histogramSvg(name: string, { from, to, counts }: HistogramBars): string {
  const most = Math.max(...counts, 1);
  const step = WIDTH / counts.length;
  const bars = counts.map((count, at) => {
    const height = Math.round((count / most) * HEIGHT);
    const x = Math.round(at * step);
    const place = `x="${x}" y="${HEIGHT - height}" width="${Math.round(step) - 2}" height="${height}"`;
    return `<rect ${place} fill="#7aa7d9"><title>${count}</title></rect>`;
  });
  const text = (x: number, anchor: string, value: number | string): string =>
    `<text x="${x}" y="${HEIGHT + 16}" text-anchor="${anchor}" font-family="system-ui, sans-serif" font-size="12" fill="#888">${escaped(String(value))}</text>`;
  const size = `width="${WIDTH}" height="${HEIGHT + 24}" viewBox="0 0 ${WIDTH} ${HEIGHT + 24}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="histogram of ${escaped(name)}">\n${bars.join("\n")}\n${text(0, "start", from)}${text(WIDTH, "end", to)}\n</svg>`;
}
