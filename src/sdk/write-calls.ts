// The calls of a pipeline as the nodes of its YAML.

import { environmentOf } from "./command.ts";
import type { Writer } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Content } from "./pipeline-content.ts";
import type { Call } from "./scope.ts";
import type { OutputCall } from "./settings.ts";
import { compact } from "./write-ports.ts";

/** `outputs`: settings of outputs that belong to the job's own outputs are put there; null where they cannot be. */
export function writeCalls(
  { scope, results }: Pick<Content, "scope" | "results">,
  writer: Writer,
  outputs: Record<string, OutputCall> | null,
): Record<string, unknown> {
  const exported = new Map([...results].map(([name, { binding }]) => [binding, name]));
  const jobs: Record<string, unknown> = {};
  for (const call of scope.calls.values())
    jobs[call.name] = writeCall(call, { writer, exported, outputs });
  return jobs;
}

interface CallPlace {
  readonly writer: Writer;
  readonly exported: ReadonlyMap<string, string>;
  readonly outputs: Record<string, OutputCall> | null;
}

function writeCall(call: Call, place: CallPlace): Record<string, unknown> {
  const { definition, inputs, settings, after, origin } = call;
  const { name: _name, after: _after, environment, outputs: _outputs, compute, ...rest } = settings;
  return compact({
    component: place.writer.component(definition),
    ...definition.onNode,
    ...rest,
    compute,
    environment: environment === undefined ? undefined : environmentOf(environment, origin),
    inputs,
    outputs: callOutputs(call, place),
    depends_on: [...after],
  });
}

function callOutputs(call: Call, { exported, outputs }: CallPlace): Record<string, unknown> {
  const asked: Readonly<Record<string, OutputCall | undefined>> = call.settings.outputs ?? {};
  const written: Record<string, unknown> = {};
  const start = `\${{parent.jobs.${call.name}.outputs.`;
  const taken = [...exported.keys()]
    .filter((binding) => binding.startsWith(start))
    .map((binding) => binding.slice(start.length, -2));
  const declared = call.definition.outputs;
  for (const name of new Set([...Object.keys(declared), ...taken, ...Object.keys(asked)])) {
    const type = declared[name]?.type;
    const own = asked[name];
    const outside = exported.get(`${start}${name}}}`);
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
