// A pipeline as it stands in YAML, as a module in TypeScript: inline steps are commands of the module, what lies in files of
// its own is loaded from there. Fingerprints are those of the YAML, so going from one to the other makes nothing run.

export type Mapping = Readonly<Record<string, unknown>>;

export function moduleText({ display_name: name, settings, inputs, jobs }: Mapping): string {
  const nodes = Object.entries(jobs as Readonly<Record<string, Mapping>>);
  const { level } = inputs as Mapping;
  const head = [`name: ${JSON.stringify(name)}`, ...fields(settings as Mapping)].join(", ");
  const parts = nodes.map(([step, node]) => `  ${JSON.stringify(step)}: ${part(step, node)},\n`);
  const calls = nodes.map(([step, node]) => `  ${called("steps", step)} = ${call(step, node)};\n`);
  return `import { command, component, input, loadComponent, output, pipeline } from "stepwell";

const parts: Record<string, any> = {
${parts.join("")}};

export default pipeline({ ${head}, inputs: { level: input.integer({ default: ${level} }) } }, ({ inputs }) => {
  const steps: Record<string, any> = {};
${calls.join("")}});
`;
}

function fields(mapping: Mapping): readonly string[] {
  return Object.entries(mapping).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
}

function called(place: "parts" | "steps", step: string): string {
  return `${place}[${JSON.stringify(step)}]`;
}

/** Of the call, not of the work. */
const OF_CALLS = ["retry", "reuse", "checkpoint", "limits"];
const WRITTEN = ["type", "inputs", "outputs", "command", "depends_on", ...OF_CALLS];

function part(step: string, node: Mapping): string {
  const { component } = node;
  if (component !== undefined)
    return `${String(component).startsWith("./") ? "loadComponent" : "component"}(${JSON.stringify(component)})`;
  const ports = (mapping: unknown, kind: string): string => {
    const all = Object.entries(mapping as Mapping);
    return `{ ${all.map(([name, value]) => `${name}: ${kind}.${typeOf(value)}()`).join(", ")} }`;
  };
  const rest = Object.entries(node).filter(([key]) => !WRITTEN.includes(key));
  return `command({ ${[
    `name: ${JSON.stringify(step)}`,
    `inputs: ${ports(node.inputs, "input")}`,
    `outputs: ${ports(node.outputs, "output")}`,
    ...fields(Object.fromEntries(rest)),
    `run: ${JSON.stringify(node.command)}`,
  ].join(", ")} })`;
}

const BINDING = /^\$\{\{parent\.(?:inputs\.(\w+)|jobs\.([\w-]+)\.outputs\.(\w+))\}\}$/;

function typeOf(value: unknown): string {
  if (typeof value === "number") return "integer";
  if (typeof value === "object") {
    const { type } = value as { readonly type: string };
    return type === "uri_file" ? "file" : "folder";
  }
  const [, input, , output] = BINDING.exec(String(value)) ?? [];
  if (input !== undefined) return "integer";
  if (output !== undefined) return output.endsWith("o") ? "file" : "folder";
  return "string";
}

function call(step: string, node: Mapping): string {
  const inputs = Object.entries(node.inputs as Mapping).map(
    ([name, value]) => `${name}: ${expression(value)}`,
  );
  const settings = Object.entries(node).filter(([key]) => OF_CALLS.includes(key));
  const after = (node.depends_on as readonly string[] | undefined) ?? [];
  const all = [
    `name: ${JSON.stringify(step)}`,
    ...fields(Object.fromEntries(settings)),
    `after: [${after.map((one) => called("steps", one)).join(", ")}]`,
    `outputs: ${JSON.stringify(settled(node.outputs))}`,
  ];
  return `${called("parts", step)}({ ${inputs.join(", ")} }, { ${all.join(", ")} })`;
}

function expression(value: unknown): string {
  const [, input, step, output] = BINDING.exec(String(value)) ?? [];
  if (input !== undefined) return `inputs.${input}`;
  if (step !== undefined) return `${called("steps", step)}.outputs.${output}`;
  const literal = typeof value === "object" ? (value as { readonly path: string }).path : value;
  return JSON.stringify(literal);
}

/** What becomes of outputs beside being recorded. */
function settled(outputs: unknown): Mapping {
  const all = Object.entries((outputs ?? {}) as Readonly<Record<string, Mapping>>);
  const others = all.map(([output, { type, ...rest }]) => [output, rest] as const);
  return Object.fromEntries(others.filter(([, rest]) => Object.keys(rest).length > 0));
}
