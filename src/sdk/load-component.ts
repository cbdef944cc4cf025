// Components that are written in YAML or registered in the workspace, to be called like those of code.

import fs from "node:fs";
import { load } from "js-yaml";
import { parseAssetName } from "../spec/asset-name.ts";
import type { DataType } from "../spec/graph.ts";
import { inWords } from "./check-definition.ts";
import { type Component, callable, type Definition } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import { type Origin, originOfCall } from "./place.ts";
import type { InputPort, InputPorts, OutputPort, OutputPorts, PortType } from "./ports.ts";
import { type JobPath, jobPath } from "./source-path.ts";

/**
 * Ports of components by the words that name them; `stepwell types FILE…` writes them, so that wrong inputs do not
 * compile. A component that is not in it takes any input; what is wrong is found when the job is read.
 */
// biome-ignore lint/suspicious/noEmptyInterface: other files add to it
export interface KnownComponents {}

type Known<N extends string> = N extends keyof KnownComponents
  ? KnownComponents[N] extends {
      readonly inputs: infer I extends InputPorts;
      readonly outputs: infer O extends OutputPorts;
    }
    ? Component<I, O>
    : OpenComponent
  : OpenComponent;

/** A component of whose ports nothing is known to the compiler. */
type OpenComponent = Component<
  Readonly<Record<string, InputPort<PortType, string | number | boolean, "default">>>,
  // biome-ignore lint/suspicious/noExplicitAny: of whatever kind its outputs are, they fit
  Readonly<Record<string, OutputPort<any>>>
>;

/**
 * A component from its YAML file.
 *
 * @param file From the folder of the file that says so.
 * @throws DefinitionError where the file cannot be read.
 * @example
 * ```ts
 * const train = loadComponent("./train.yml");
 * pipeline({ name: "taxi" }, () => { train({ data: "./data", alpha: 0.1 }); });
 * ```
 */
export function loadComponent<const N extends string>(file: N): Known<N> {
  const origin = originOfCall();
  if (typeof file !== "string")
    throw new DefinitionError(
      `${inWords(file)} is no file`,
      'write loadComponent("./train.yml")',
      origin,
    );
  const place = jobPath(file, origin);
  const tree = readTree(place.absolute, file, origin);
  const [declared, made] = [portsOf(tree.inputs), portsOf(tree.outputs)];
  const inputs = Object.fromEntries(
    Object.entries(declared ?? {}).map(([name, field]) => [name, inputOf(field)]),
  );
  const outputs = Object.fromEntries(
    Object.entries(made ?? {}).map(([name, { type }]) => [
      name,
      {
        kind: "output" as const,
        type: (type === "path" ? "uri_folder" : type) as DataType,
        fields: {},
      },
    ]),
  );
  const name = /[^/]+?(?=\.[^./]*$|$)/.exec(file)?.[0] ?? "component";
  const given = typeof tree.name === "string" ? tree.name : name;
  // What is no component is told by whoever reads the job, at its line in the YAML.
  const isOpen = declared === null || made === null;
  return callable(written({ name: given, place, inputs, outputs, origin, isOpen })) as Known<N>;
}

/**
 * A component that is registered in the workspace (`name:version`, `name@latest`, `name@label`), or one of a registry: the
 * library that ships, or a folder that `stepwell.yml` names.
 *
 * @example
 * ```ts
 * const train = component("train@latest");
 * const split = component("azureml://registries/stepwell/components/split");
 * ```
 */
export function component<const N extends string>(name: N): Known<N> {
  const origin = originOfCall();
  const isText = typeof name === "string";
  const long = isText && name.startsWith("azureml://") ? parseAssetName(name) : null;
  const found = /^(?:azureml:)?([A-Za-z0-9_][\w.-]*)(?::([^@:]+)|@([\w.-]+))$/.exec(name);
  if (!isText || (found === null && long === null))
    throw new DefinitionError(
      `${inWords(name)} names no registered component`,
      "write name:version, name@latest, name@label or azureml://registries/REGISTRY/components/NAME; a file: loadComponent(…)",
      origin,
    );
  const place = name.startsWith("azureml:") ? name : `azureml:${name}`;
  const called = (long?.name ?? found?.[1] ?? "component").replaceAll(/[^A-Za-z0-9_]/g, "_");
  return callable(
    written({ name: called, place, inputs: {}, outputs: {}, origin, isOpen: true }),
  ) as Known<N>;
}

type Written = Pick<Definition, "name" | "inputs" | "outputs" | "origin" | "isOpen"> & {
  readonly place: JobPath | string;
};

function written({ place, ...definition }: Written): Definition {
  return { ...definition, isFunction: false, onNode: {}, calls: [], write: () => place };
}

interface Field {
  readonly type?: string;
  readonly optional?: boolean;
  readonly default?: unknown;
}

interface ComponentTree {
  readonly name?: unknown;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
}

/** Declared ports by name; null where they are no mapping of mappings. */
function portsOf(value: unknown): Readonly<Record<string, Field>> | null {
  const ports = value ?? {};
  if (typeof ports !== "object" || Array.isArray(ports)) return null;
  const isRight = Object.values(ports).every((one) => typeof one === "object" && one !== null);
  return isRight ? (ports as Readonly<Record<string, Field>>) : null;
}

function readTree(place: string, file: string, origin: Origin): ComponentTree {
  try {
    const tree = load(fs.readFileSync(place, "utf8"));
    if (typeof tree === "object" && tree !== null && !Array.isArray(tree)) return tree;
    throw new Error("it holds no component");
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    throw new DefinitionError(
      `${file} cannot be read: ${reason}`,
      "paths start at the folder of the file that names them; see: stepwell validate",
      origin,
    );
  }
}

function inputOf({ type = "uri_folder", optional, default: given }: Field): InputPort {
  const presence = given !== undefined ? "default" : optional === true ? "unset" : "given";
  return {
    kind: "input",
    type: (type === "path" ? "uri_folder" : type) as PortType,
    presence,
    fields: {},
  };
}
