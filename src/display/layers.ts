// Where the steps of a graph stand in a drawing: in layers by their longest way from a beginning, near to what they depend
// on. Takes time in proportion to steps and edges.

export interface DrawnNode {
  readonly name: string;
  /** Names of what it comes after; others than nodes of the drawing are left out. */
  readonly after: readonly string[];
}

export interface Placed {
  readonly name: string;
  readonly layer: number;
  /** Place within its layer, from 0. */
  readonly row: number;
}

/** A drawing: where each node stands, and past which places the arrow of each pair goes, in their order. */
export interface Layout {
  readonly places: ReadonlyMap<string, Placed>;
  readonly arrows: readonly { readonly way: readonly Placed[] }[];
}

/** Sweeps over the layers: more change little. */
const SWEEPS = 4;

/** Every arrow leads from a layer to the next one: where it is longer, places are kept free for it in between. */
export function placeNodes(nodes: readonly DrawnNode[]): Layout {
  const layers = layersOf(nodes);
  const stops = [...nodes];
  const layerOf = new Map(layers);
  const ways: string[][] = [];
  for (const { name, after } of nodes)
    for (const from of new Set(after)) {
      const start = layers.get(from);
      const end = layers.get(name) ?? 0;
      if (start === undefined || start >= end) continue;
      const between = Array.from({ length: end - start - 1 }, (_, index) => {
        const stop = `${from}\n${name}\n${index}`;
        layerOf.set(stop, start + index + 1);
        stops.push({ name: stop, after: [] });
        return stop;
      });
      ways.push([from, ...between, name]);
    }
  const rows = rowsOf(stops, layerOf, ways);
  const place = (name: string): Placed => ({
    name,
    layer: layerOf.get(name) ?? 0,
    row: rows.get(name) ?? 0,
  });
  return {
    places: new Map(nodes.map(({ name }) => [name, place(name)])),
    arrows: ways.map((way) => ({ way: way.map(place) })),
  };
}

function rowsOf(
  stops: readonly DrawnNode[],
  layers: ReadonlyMap<string, number>,
  ways: readonly (readonly string[])[],
): ReadonlyMap<string, number> {
  const columns: string[][] = [];
  for (const { name } of stops) {
    const layer = layers.get(name) ?? 0;
    columns[layer] ??= [];
    columns[layer].push(name);
  }
  const rows = new Map<string, number>();
  for (const column of columns) for (const [row, name] of column.entries()) rows.set(name, row);
  const before = new Map<string, string[]>(stops.map(({ name }) => [name, []]));
  for (const way of ways)
    for (const [index, name] of way.entries())
      if (index > 0) before.get(name)?.push(way[index - 1] as string);
  const behind = inverse(before);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const column of columns) order(column, before, rows);
    for (const column of columns.toReversed()) order(column, behind, rows);
  }
  return rows;
}

/** The longest way from a beginning; a cycle ends where it is met again. */
function layersOf(nodes: readonly DrawnNode[]): ReadonlyMap<string, number> {
  const known = new Map(nodes.map((node) => [node.name, node]));
  const waiting = new Map<string, number>();
  const before = new Map<string, readonly string[]>();
  for (const { name, after } of nodes) {
    const real = [...new Set(after)].filter((one) => known.has(one) && one !== name);
    waiting.set(name, real.length);
    before.set(name, real);
  }
  const behind = inverse(before);
  const layers = new Map<string, number>(nodes.map(({ name }) => [name, 0]));
  const ready = nodes.filter(({ name }) => waiting.get(name) === 0).map(({ name }) => name);
  for (let next = ready.pop(); next !== undefined; next = ready.pop())
    for (const follower of behind.get(next) ?? []) {
      layers.set(follower, Math.max(layers.get(follower) ?? 0, (layers.get(next) ?? 0) + 1));
      const left = (waiting.get(follower) ?? 1) - 1;
      waiting.set(follower, left);
      if (left === 0) ready.push(follower);
    }
  return layers;
}

function inverse(before: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const behind = new Map<string, string[]>();
  for (const [name, after] of before)
    for (const one of after) {
      const list = behind.get(one);
      if (list === undefined) behind.set(one, [name]);
      else list.push(name);
    }
  return behind;
}

/** By the middle of what each node is connected with. */
function order(
  column: string[],
  near: ReadonlyMap<string, readonly string[]>,
  rows: Map<string, number>,
): void {
  const middle = new Map(
    column.map((name) => {
      const others = near.get(name) ?? [];
      const sum = others.reduce((all, one) => all + (rows.get(one) ?? 0), 0);
      return [name, others.length === 0 ? (rows.get(name) ?? 0) : sum / others.length];
    }),
  );
  column.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
  for (const [row, name] of column.entries()) rows.set(name, row);
}
