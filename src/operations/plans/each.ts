// `--each alpha=0.1,1 --each seed=1..3`: the combinations of values, the last name changing fastest. Knows texts only.

import { type Refusal, refuse } from "../refusal.ts";

/** Name and value of each, in the order of the options. */
export type Combination = readonly (readonly [name: string, value: string])[];

/** More runs than this are a mistake of typing. */
const MOST_RUNS = 1_000;

export function combinations(options: readonly string[]): readonly Combination[] | Refusal {
  let all: readonly Combination[] = [[]];
  const seen = new Set<string>();
  for (const option of options) {
    const at = option.indexOf("=");
    const name = option.slice(0, Math.max(at, 0)).trim();
    const values = valuesOf(option.slice(at + 1));
    if (typeof values === "string") return badRange(name, values);
    if (name === "" || values.length === 0) return mistake(option);
    if (seen.has(name)) return refuse("wrong_usage", `--each ${name} is given twice`, "join them");
    seen.add(name);
    if (all.length * values.length > MOST_RUNS)
      return refuse("wrong_usage", `--each asks for more than ${MOST_RUNS} runs`, "narrow it");
    all = all.flatMap((one) => values.map((value) => [...one, [name, value] as const]));
  }
  return all;
}

function mistake(option: string): Refusal {
  const hint = "write it like: --each alpha=0.01,0.1,1 or --each seed=1..10";
  return refuse("wrong_usage", `--each ${option} names no values`, hint);
}

function badRange(name: string, range: string): Refusal {
  return refuse(
    "wrong_usage",
    `--each ${name}: ${range} is no range, because both its ends must be whole numbers`,
    `write it like: --each ${name}=1..10, or name each value: --each ${name}=0.1,0.2,0.3`,
  );
}

/** `1..10` counts, up or down; everything else is parted at commas. Or what looks like a range and is none. */
function valuesOf(text: string): readonly string[] | string {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const bad = parts.find((part) => HALF_RANGE.test(part) && rangeOf(part) === null);
  return bad ?? [...new Set(parts.flatMap((part) => rangeOf(part) ?? [part]))];
}

/** `1..x`, `0.1..0.5`, `3..`: one end at least is a number; `../a` and `v1..v2` are texts. */
const HALF_RANGE = /^(?:-?\d[\d.]*\.\.[\w.-]*|[\w-]*\.\.-?\d[\w.]*)$/;

function rangeOf(text: string): readonly string[] | null {
  const [, first, last] = /^(-?\d{1,9})\.\.(-?\d{1,9})$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return null;
  const [from, to] = [Number(first), Number(last)];
  const count = Math.min(Math.abs(to - from) + 1, MOST_RUNS + 1);
  return Array.from({ length: count }, (_, index) => String(from + Math.sign(to - from) * index));
}
