// Our graph in the words of dump.py. What only one side has (positions, absolute paths, our own settings) is left out.

import path from "node:path";
import type { DataReference, Distribution, Graph, StepNode } from "../../spec/graph.ts";

export interface OracleStep {
  readonly inputs: Readonly<Record<string, string>>;
  readonly inputModes: Readonly<Record<string, string | null>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly environmentVariables: Readonly<Record<string, string>> | null;
  readonly [field: string]: unknown;
}

export interface OracleGraph {
  readonly steps: Readonly<Record<string, OracleStep>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export function normalised(graph: Graph): OracleGraph {
  const steps = Object.fromEntries(graph.steps.map((step) => [step.path, stepOf(step)]));
  if (graph.type === "command") return { steps, outputs: {} };
  const outputs = Object.entries(graph.outputs).map(([name, one]) => [
    name,
    `${one.step}:${one.output}`,
  ]);
  return { steps, outputs: Object.fromEntries(outputs) };
}

function stepOf(step: StepNode): OracleStep {
  const isCommand = step.type === "command";
  return {
    type: step.type,
    command: isCommand ? step.command : null,
    hasCode: isCommand ? step.code !== null : null,
    environment: isCommand ? environmentOf(step.environment) : null,
    inputs: mapped(step.inputs, (input) => sourceOf(input.source)),
    inputModes: mapped(step.inputs, (input) => input.mode),
    outputs: mapped(step.outputs, (output) => ({
      type: output.value ?? output.type,
      mode: output.mode,
      uri: output.publishTo === null ? null : referenceOf(output.publishTo),
      assetName: output.registerName,
      assetVersion: output.registerVersion,
    })),
    compute: step.compute,
    distribution: distributionOf(step.distribution),
    resources: isCommand
      ? {
          instance_count: step.resources.instanceCount,
          instance_type: step.resources.instanceType,
        }
      : null,
    timeout: isCommand ? step.timeoutSeconds : null,
    environmentVariables: isCommand ? step.environmentVariables : null,
    deterministic: step.deterministic,
  };
}

function sourceOf(source: StepNode["inputs"][string]["source"]): string {
  switch (source.kind) {
    case "literal":
      return `literal ${source.literal.text}`;
    case "data":
      return `data ${referenceOf(source.reference)}`;
    case "step":
      return `step ${source.step}:${source.output}`;
    case "unset":
      return "unset";
    default:
      return source satisfies never;
  }
}

function referenceOf(reference: DataReference): string {
  switch (reference.kind) {
    case "local":
      return path.basename(reference.path);
    case "asset":
      return reference.version === null
        ? `${reference.name}@${reference.label ?? "latest"}`
        : `${reference.name}:${reference.version}`;
    case "datastore":
      return `azureml://datastores/${reference.datastore}/paths/${reference.path}`;
    case "url":
      return reference.url;
    case "run_output":
      return `azureml://jobs/${reference.run}/outputs/${reference.output}`;
    default:
      return reference satisfies never;
  }
}

function environmentOf(environment: StepNode["environment"]): unknown {
  if (environment === null) return null;
  if (environment.kind === "inline") {
    return {
      image: environment.image,
      conda: environment.conda?.content ?? null,
      build: environment.build === null ? null : path.basename(environment.build.path),
    };
  }
  const { registry, name, version, label } = environment;
  const mark = version === null ? (label ?? "latest") : version;
  if (registry === null) return `azureml:${name}${version === null ? "@" : ":"}${mark}`;
  const kind = version === null ? "labels" : "versions";
  return `azureml://registries/${registry}/environments/${name}/${kind}/${mark}`;
}

function distributionOf(distribution: Distribution | null): unknown {
  if (distribution === null) return null;
  if (distribution.type === "ray") return { type: "ray" };
  if (distribution.type === "tensorflow") {
    return {
      type: "tensorflow",
      worker_count: distribution.workerCount,
      parameter_server_count: distribution.parameterServerCount,
    };
  }
  return {
    type: distribution.type,
    process_count_per_instance: distribution.processCountPerInstance,
  };
}

function mapped<T, R>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, one]) => [name, change(one)]));
}
