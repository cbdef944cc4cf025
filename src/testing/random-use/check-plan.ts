// Holds a plan to the model while nothing goes on: what has a result is reused, what has none runs, and what reads something new
// is not promised to be reused.

import { isOld, isYoung, type Time } from "./ages.ts";
import { type Project, pathOf } from "./project.ts";
import { broken, type Session } from "./session.ts";
import { type Made, mayRepeat, type Truth, truthOf } from "./truth.ts";

interface Planned {
  readonly project: Project;
  readonly forced: "all" | ReadonlySet<string>;
  readonly wanted: ReadonlySet<string> | null;
  readonly taken: ReadonlyMap<string, Made>;
  /** Between the question and the answer. */
  readonly time: Time;
}

export function checkPlan(
  session: Session,
  asked: Planned,
  planned: ReadonlyMap<string, string>,
): void {
  const truths = truthOf(asked.project, asked.taken);
  for (const [name, truth] of truths) {
    const decision = planned.get(name) ?? "none";
    const should = shouldBe(session, asked, name, { truth, truths, planned });
    if (!should.includes(decision))
      broken(`plan says ${decision} of step ${name} instead of ${should.join(" or ")}`);
  }
}

interface Around {
  readonly truth: Truth;
  readonly truths: ReadonlyMap<string, Truth>;
  readonly planned: ReadonlyMap<string, string>;
}

function shouldBe(
  { known, madeAt }: Session,
  asked: Planned,
  name: string,
  { truth, truths, planned }: Around,
): readonly string[] {
  if (asked.wanted !== null && !asked.wanted.has(name)) return ["skip"];
  if (asked.taken.has(name)) return ["reuse"];
  if (mayRepeat(asked, name, truth)) return ["run"];
  const above = truth.step.sources.flatMap((source) => {
    const step = "step" in source ? asked.project.steps[source.step] : undefined;
    return step === undefined ? [] : [pathOf(step)];
  });
  if (above.some((path) => planned.get(path) !== "reuse")) return ["run", "depends"];
  if (truth.key === null) return ["run", "depends", "reuse"];
  const state = known.get(truth.key);
  const made = madeAt.get(truth.key);
  const isDated = state === "there" && isOld(truth.step, made, asked.time.from);
  if (state === "there" && isYoung(truth.step, made, asked.time)) return ["reuse"];
  if (state === "maybe" || (state === "there" && !isDated)) return ["reuse", "run", "depends"];
  const isTwin = [...truths].some(([other, { key }]) => other !== name && key === truth.key);
  const isOpen = [...planned.values()].includes("depends");
  return ["run", ...(isTwin ? ["reuse"] : []), ...(isTwin || isOpen ? ["depends"] : [])];
}
