// The identity of what a step would do: what "unchanged" means. One structure, hashed here and compared by `explain`;
// each field says why it is in. What is out, and why, stands in EXCLUDED.

import type { Distribution, PortMode, StepNode } from "../spec/graph.ts";
import { put } from "../spec/own-keys.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ContentId } from "./content.ts";
import { digest } from "./digest.ts";

/** Bumped when the meaning of any field changes: results of another format are never reused. */
export const FINGERPRINT_FORMAT = 1;

/** The part that the definition alone decides. */
export interface NodeIdentity {
  readonly format: typeof FINGERPRINT_FORMAT;
  /** Another type runs the same words differently. */
  readonly type: string;
  /** The type's own settings (a parallel's batch size, a sweep's space). */
  readonly typeSettings: unknown;
  /** The command template: values of inputs are counted below, by what they are. */
  readonly command: string | null;
  /** Name → [type, mode, set]: the command sees which optional inputs are set, and how they arrive. */
  readonly inputs: Readonly<Record<string, readonly [string, string | null, boolean]>>;
  /** Name → [type, mode]: they decide what the command must write. */
  readonly outputs: Readonly<Record<string, readonly [string, string | null]>>;
  /** Name → [kind, text] of every literal: 1 and "1" are different. */
  readonly parameters: Readonly<Record<string, readonly [string, string]>>;
  /** The command sees them, and the user chose them. */
  readonly variables: Readonly<Record<string, string>>;
  /** Ranks and world size are visible to the command. */
  readonly distribution: Distribution | null;
  readonly instanceCount: number;
  /** Text substitution makes other commands from the same template. */
  readonly textSubstitution: boolean;
}

/** The part that is known only when the step is ready. */
export interface MomentIdentity {
  /** Content id of the code folder. */
  readonly code: string | null;
  /** Id of the environment as it was really made. */
  readonly environment: string;
  /** Names of variables handed through: their values may be secrets and never count. */
  readonly passEnv: readonly string[];
  /** SOURCE_DATE_EPOCH where the workspace sets another than the fixed one, or none (null): dates in outputs follow it. */
  readonly sourceDateEpoch?: number | null;
  /** Input → [content id, file name of a uri_file]: folders above it do not count. */
  readonly contents: Readonly<Record<string, readonly [ContentId, string | null]>>;
}

/** What is kept of each fingerprint, so that two can be compared in words. */
export interface PreImage {
  readonly node: NodeIdentity;
  readonly moment: MomentIdentity;
}

/** Every field of a step that is not in the fingerprint, with the reason. A test holds the two lists complete. */
export const EXCLUDED: Readonly<Record<keyof StepNode | string, string>> = {
  path: "a name: renaming a step never costs a rerun",
  parent: "a name",
  displayName: "for people",
  component: "the name and version under which the same content is registered",
  compute: "what ran on the laptop is reused on the cluster",
  resources: "slots are not visible in results (instance_count counts)",
  timeoutSeconds: "a limit on time, not on what is computed",
  retry: "how often it is tried",
  checkpoint:
    "a folder of the step's own on the way to its result, which is the same with and without",
  reuse: "whether a result may be taken, not what it is",
  deterministic: "whether a result may be taken, not what it is",
  dependsOn: "order without data",
  trace: "what it reads is watched, not changed",
  tags: "for people",
  properties: "for people; Stepwell's own keys are read into fields",
  position: "where it is written",
  code: "counted by content, see MomentIdentity.code",
  environment: "counted as it was really made, see MomentIdentity.environment",
  "outputs.publishTo": "a copy made afterwards",
  "outputs.registerName": "a name given afterwards",
  "outputs.registerVersion": "a name given afterwards",
  "outputs.same": "which other bytes count as the same for its readers, not what is made",
  "inputs.source": "counted by content or by value",
  "inputs.optional": "whether it is set counts",
};

/** The definition's half of a step's identity. */
export function nodeIdentity(step: StepNode): NodeIdentity {
  const inputs: Record<string, readonly [string, string | null, boolean]> = {};
  const parameters: Record<string, readonly [string, string]> = {};
  for (const [name, input] of Object.entries(step.inputs)) {
    const mode = unlessDefault(input.mode, "ro_mount");
    put(inputs, name, [input.type, mode, input.source.kind !== "unset"]);
    if (input.source.kind === "literal")
      put(parameters, name, [input.source.literal.kind, input.source.literal.text]);
  }
  return {
    format: FINGERPRINT_FORMAT,
    type: step.type,
    typeSettings: step.typeSettings ?? null,
    command: step.command,
    inputs,
    outputs: Object.fromEntries(
      Object.entries(step.outputs).map(([name, port]) => [
        name,
        [port.type, unlessDefault(port.mode, "rw_mount")] as const,
      ]),
    ),
    parameters,
    variables: step.environmentVariables,
    distribution: step.distribution,
    instanceCount: step.resources.instanceCount,
    textSubstitution: step.textSubstitution,
  };
}

/** A default that is written out is no other mode than none. */
function unlessDefault(mode: PortMode | null, byDefault: PortMode): PortMode | null {
  return mode === byDefault ? null : mode;
}

/** Name of the definition's half; made once when a graph is read. */
export function nodeId(step: StepNode): string {
  return digest(canonicalJson(nodeIdentity(step)));
}

/** Name of everything but the data: two steps of other static ids can never share a result. */
export function staticId(node: string, moment: Omit<MomentIdentity, "contents">): string {
  const { code, environment, passEnv, sourceDateEpoch } = moment;
  const other = sourceDateEpoch === undefined ? [] : [sourceDateEpoch];
  return digest(JSON.stringify([node, code, environment, passEnv, ...other]));
}

/** The fingerprint: the name of a result. */
export function fingerprint(staticPart: string, contents: MomentIdentity["contents"]): string {
  const names = Object.keys(contents).sort();
  return digest(
    JSON.stringify([staticPart, names.map((name) => [name, ...(contents[name] ?? [])])]),
  );
}
