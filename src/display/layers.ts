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

/** Sweeps over the layers: more change little. */
const SWEEPS = 4;

export function placeNodes(nodes: readonly DrawnNode[]): ReadonlyMap<string, Placed> {
  const layers = layersOf(nodes);
  const columns: string[][] = [];
  for (const { name } of nodes) {
    const layer = layers.get(name) ?? 0;
    columns[layer] ??= [];
    columns[layer].push(name);
  }
  const rows = new Map<string, number>();
  for (const column of columns) for (const [row, name] of column.entries()) rows.set(name, row);
  const before = new Map(
    nodes.map(({ name, after }) => [name, after.filter((one) => layers.has(one))]),
  );
  const behind = inverse(before);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const column of columns) order(column, before, rows);
    for (const column of columns.toReversed()) order(column, behind, rows);
  }
  return new Map(
    nodes.map(({ name }) => [
      name,
      { name, layer: layers.get(name) ?? 0, row: rows.get(name) ?? 0 },
    ]),
  );
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
