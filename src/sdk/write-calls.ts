// The calls of a pipeline as the nodes of its YAML.

import { environmentOf } from "./command.ts";
import type { Writer } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Content } from "./pipeline-content.ts";
import type { Origin } from "./place.ts";
import type { Call } from "./scope.ts";
import type { OutputCall } from "./settings.ts";
import { publishPath } from "./source-path.ts";
import { compact } from "./write-ports.ts";

/** `outputs`: settings of outputs that belong to the job's own outputs are put there; null where they cannot be. */
export function writeCalls(
  { scope, results }: Pick<Content, "scope" | "results">,
  writer: Writer,
  outputs: Record<string, object> | null,
): Record<string, unknown> {
  const exported = new Map<string, Map<string, string>>();
  for (const [name, { target }] of results)
    if (target.kind === "output") {
      const ofStep = exported.get(target.node) ?? new Map<string, string>();
      exported.set(target.node, ofStep.set(target.output, name));
    }
  const jobs: Record<string, unknown> = {};
  for (const call of scope.calls.values())
    jobs[call.name] = writeCall(call, { writer, exported, outputs });
  return jobs;
}

interface CallPlace {
  readonly writer: Writer;
  /** By step and output of it: what the pipeline calls that output. */
  readonly exported: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly outputs: Record<string, object> | null;
}

function writeCall(call: Call, place: CallPlace): Record<string, unknown> {
  const { definition, inputs, settings, after, origin } = call;
  const { name: _name, after: _after, environment, outputs: _outputs, compute, ...rest } = settings;
  return compact({
    component: place.writer.component(definition),
    ...definition.onNode,
    ...compact(rest),
    compute,
    environment: environment === undefined ? undefined : environmentOf(environment, origin),
    inputs,
    outputs: callOutputs(call, place),
    depends_on: [...after],
  });
}

const NOTHING: ReadonlyMap<string, string> = new Map();

function kept(asked: OutputCall | undefined, origin: Origin): object | undefined {
  if (asked?.path === undefined) return asked;
  return { ...asked, path: publishPath(asked.path, origin) };
}

function callOutputs(call: Call, { exported, outputs }: CallPlace): Record<string, unknown> {
  const asked: Readonly<Record<string, OutputCall | undefined>> = call.settings.outputs ?? {};
  const written: Record<string, unknown> = {};
  const taken = exported.get(call.name) ?? NOTHING;
  const declared = call.definition.outputs;
  for (const name of new Set([...Object.keys(declared), ...taken.keys(), ...Object.keys(asked)])) {
    const type = declared[name]?.type;
    const own = kept(asked[name], call.origin);
    const outside = taken.get(name);
    if (outside !== undefined) {
      written[name] = `\${{parent.outputs.${outside}}}`;
      if (own === undefined) continue;
      if (outputs === null)
        throw new DefinitionError(
          `output \`${name}\` of step \`${call.name}\` is an output of its pipeline, which is a step itself`,
          "say how it is kept where that pipeline is called",
          call.origin,
        );
      outputs[outside] = own;
    } else if (own !== undefined) written[name] = compact({ type, ...own });
  }
  return written;
}
