// Finds steps of a pipeline that wait for each other. Data flows from earlier calls to later ones, so only an order that goes
// the other way can close a circle.

import { awaited } from "./awaited.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Call, PipelineScope } from "./scope.ts";

export function checkOrder(scope: PipelineScope): void {
  if (scope.backward.length === 0) return;
  const circle = circleOf(scope);
  if (circle === null) return;
  const asked = scope.backward.findLast(({ step, earlier }) =>
    circle.some((name, index) => name === step && circle[(index + 1) % circle.length] === earlier),
  );
  const words = [...circle, circle[0]].reverse().join(" → ");
  throw new DefinitionError(
    `the steps wait for each other: ${words}`,
    "take one of them out of this order, or pass no data against it",
    asked?.origin ?? (() => null),
  );
}

/** Names of steps of which each waits for the next one, and the last for the first. */
function circleOf(scope: PipelineScope): readonly string[] | null {
  const done = new Set<string>();
  for (const start of scope.calls.keys()) {
    const path: { readonly name: string; readonly rest: Iterator<string> }[] = [];
    const on = new Set<string>();
    const enter = (name: string): void => {
      on.add(name);
      path.push({ name, rest: awaited(scope.calls.get(name) as Call).values() });
    };
    if (!done.has(start)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.next();
      if (next.done === true) {
        done.add(top.name);
        on.delete(top.name);
        path.pop();
      } else if (on.has(next.value)) {
        const names = path.map(({ name }) => name);
        return names.slice(names.indexOf(next.value));
      } else if (!done.has(next.value)) enter(next.value);
    }
  }
  return null;
}
