// Quantiles of numbers in bounded memory: exact while there are few of them, then by a pile of sorted samples, each level
// standing for twice as many (after Manku, Rajagopalan and Lindsay). The same numbers give the same answer. Pure.

export class QuantileSketch {
  readonly #size: number;
  readonly #levels: number[][] = [[]];
  /** Whether the next halving of a level takes the odd ones. */
  readonly #odd: boolean[] = [false];
  #count = 0;

  /** `size`: numbers that a level holds; with 2,000 a rank is off by 0.4 % at the very most for a billion numbers. */
  constructor(size: number) {
    this.#size = size + (size % 2);
  }

  add(value: number): void {
    this.#count += 1;
    this.#put(0, value);
  }

  get count(): number {
    return this.#count;
  }

  get isExact(): boolean {
    return this.#levels.length === 1;
  }

  /** Sorted; each with how many numbers it stands for. */
  samples(): readonly { readonly value: number; readonly weight: number }[] {
    return this.#levels
      .flatMap((level, at) => level.map((value) => ({ value, weight: 2 ** at })))
      .sort((a, b) => a.value - b.value);
  }

  #put(at: number, value: number): void {
    const level = this.#levels[at] as number[];
    level.push(value);
    if (level.length < this.#size) return;
    if (this.#levels.length === at + 1) {
      this.#levels.push([]);
      this.#odd.push(false);
    }
    const sorted = Float64Array.from(level).sort();
    level.length = 0;
    const from = this.#odd[at] ? 1 : 0;
    this.#odd[at] = !this.#odd[at];
    for (let index = from; index < sorted.length; index += 2)
      this.#put(at + 1, sorted[index] as number);
  }
}

type Samples = ReturnType<QuantileSketch["samples"]>;

/** The smallest sample with at least the share `q` of all at or below it; null without samples. */
export function quantile(samples: Samples, q: number): number | null {
  const total = samples.reduce((sum, { weight }) => sum + weight, 0);
  let seen = 0;
  for (const { value, weight } of samples) {
    seen += weight;
    if (seen >= q * total) return value;
  }
  return samples.at(-1)?.value ?? null;
}

/** How many lie in each of `count` ranges of the same width between the two. */
export function histogram(
  samples: Samples,
  { from, to, count }: { readonly from: number; readonly to: number; readonly count: number },
): readonly number[] {
  const bins = new Array<number>(count).fill(0);
  const width = to / count - from / count;
  for (const { value, weight } of samples) {
    const at = width === 0 ? 0 : Math.floor((value - from) / width);
    const bin = Math.min(count - 1, Math.max(0, at));
    bins[bin] = (bins[bin] ?? 0) + weight;
  }
  return bins;
}
