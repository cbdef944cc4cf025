// Order without data: one after the other, side by side, nested as one likes.

import { inWords } from "./check-definition.ts";
import { DefinitionError } from "./definition-error.ts";
import { type Origin, originOfCall } from "./place.ts";
import { currentScope, owners, type PipelineScope } from "./scope.ts";
import type { StepLike } from "./settings.ts";

/** Steps that stand together in an order. */
export interface Group extends StepLike {
  /** @internal Steps that nothing of the group comes before. */
  readonly first: readonly string[];
  /** @internal Steps that nothing of the group comes after. */
  readonly last: readonly string[];
}

/**
 * One after the other: each step (or group) waits for all of the one before it.
 *
 * @returns A group, to stand in another `sequence` or `together`, or in `after`.
 * @example
 * ```ts
 * sequence(backup(), together(trainSmall, trainLarge), notify());
 * ```
 */
export function sequence(...parts: readonly StepLike[]): Group {
  const origin = originOfCall();
  const scope = currentScope("sequence()", origin);
  const groups = parts.map((part) => asGroup(part, scope, origin));
  for (const [index, group] of groups.entries()) {
    const before = groups[index - 1];
    if (before === undefined) continue;
    for (const name of group.first)
      for (const earlier of before.last) addOrder(scope, name, earlier, origin);
  }
  return groupOf(scope, {
    members: groups.flatMap((group) => group.members),
    first: groups[0]?.first ?? [],
    last: groups.at(-1)?.last ?? [],
  });
}

/**
 * Side by side: no order among these steps (or groups) but what their data asks for.
 *
 * @example
 * ```ts
 * sequence(prepare, together(north, south), merge);
 * ```
 */
export function together(...parts: readonly StepLike[]): Group {
  const origin = originOfCall();
  const scope = currentScope("together()", origin);
  const groups = parts.map((part) => asGroup(part, scope, origin));
  return groupOf(scope, {
    members: groups.flatMap((group) => group.members),
    first: groups.flatMap((group) => group.first),
    last: groups.flatMap((group) => group.last),
  });
}

function groupOf(scope: PipelineScope, group: Group): Group {
  owners.set(group, scope);
  return group;
}

function addOrder(scope: PipelineScope, name: string, earlier: string, origin: Origin): void {
  if (name === earlier)
    throw new DefinitionError(
      `step \`${name}\` would have to come after itself`,
      "name each step once in a sequence",
      origin,
    );
  const [call, before] = [scope.calls.get(name), scope.calls.get(earlier)];
  call?.after.add(earlier);
  if ((before?.index ?? 0) > (call?.index ?? 0))
    scope.backward.push({ step: name, earlier, origin });
}

function asGroup(part: StepLike, scope: PipelineScope, origin: Origin): Group {
  const members = membersOf(part, scope, origin);
  return "first" in part ? (part as Group) : { members, first: members, last: members };
}

/** Names of the steps that `after` waits for: the last ones of a group. */
export function membersOf(
  parts: StepLike | readonly StepLike[],
  scope: PipelineScope,
  origin: Origin,
): readonly string[] {
  return [parts].flat().flatMap((part: StepLike) => {
    const names = (part as Partial<Group> | undefined)?.last ?? part?.members;
    if (!Array.isArray(names))
      throw new DefinitionError(
        `${inWords(part)} is no step to wait for`,
        "name what a call of a step gave",
        origin,
      );
    const owner = owners.get(part);
    if (owner !== undefined && owner !== scope)
      throw new DefinitionError(
        `step \`${names[0]}\` belongs to another pipeline, \`${owner.pipeline}\``,
        "order steps of one pipeline; order the whole of an inner one by its call",
        origin,
      );
    return names as readonly string[];
  });
}
