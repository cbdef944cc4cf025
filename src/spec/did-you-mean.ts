// Finds the known name that a mistyped one most likely stands for. Knows nothing of where names come from.

/**
 * The name whose last part it is (`train.auc` for `auc`), else the nearest known one, else the only one that begins or ends
 * with the whole word (`default_datastore` for `datastore`); null when none is near. Letters in the wrong case count as
 * nothing.
 */
export function didYouMean(name: string, known: Iterable<string>): string | null {
  if (name.length > LONGEST_NAME) return null;
  // Of a single letter any other one would be near.
  const limit = name.length === 1 ? 0 : Math.max(1, Math.floor(name.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  let looked = 0;
  const longer: string[] = [];
  const ending: string[] = [];
  for (const candidate of known) {
    looked += 1;
    if (looked > MOST_NAMES) break;
    if (candidate.endsWith(`.${name}`)) ending.push(candidate);
    if (isPartOf(name, candidate)) longer.push(candidate);
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return innermost(ending) ?? best ?? (longer.length === 1 ? (longer[0] as string) : null);
}

/** Of `inputs.alpha` and `train.inputs.alpha` the first; null where they are of different things. */
function innermost(names: readonly string[]): string | null {
  const [shortest = null] = names.toSorted((a, b) => a.length - b.length);
  return names.every((one) => one === shortest || one.endsWith(`.${shortest}`)) ? shortest : null;
}

function isPartOf(name: string, candidate: string): boolean {
  return name.length > 3 && (candidate.startsWith(`${name}_`) || candidate.endsWith(`_${name}`));
}

/** ` Did you mean \`x\`?` ready to be a hint, or what to say without a near name. */
export function suggestion(name: string, known: Iterable<string>, otherwise: string | null = null) {
  const near = didYouMean(name, known);
  return near === null ? otherwise : `Did you mean \`${near}\`?`;
}

/** The names themselves, for a hint, cut after a dozen. */
export function namesInWords(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, 12).map((name) => `\`${name}\``);
  return all.length === 0 ? "none" : shown.join(", ") + (all.length > 12 ? ", …" : "");
}

// Beyond these the comparison of a hostile file would take seconds, and a suggestion helps nobody.
const LONGEST_NAME = 64;
const MOST_NAMES = 10_000;

/** Insertions, deletions, replacements and swaps of neighbours; stops early at `limit`. */
function editDistance(left: string, right: string, limit: number): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) {
        cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      }
      current.push(cost);
      smallest = Math.min(smallest, cost);
    }
    if (smallest >= limit) return limit;
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? limit;
}
