// How the package behind a missing module is added to the environment that a step ran in. Pure.

import type { EnvironmentReference } from "../spec/graph.ts";
import type { EnvironmentIdentity } from "./environment.ts";

interface Ran {
  readonly asked: EnvironmentReference | null;
  readonly environment: EnvironmentIdentity | null;
  /** What the command calls the interpreter of the shell. */
  readonly interpreter: "python" | "python3";
}

/** Distributions whose modules have another name. */
const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  azureml: "azureml-core",
  bs4: "beautifulsoup4",
  cv2: "opencv-python",
  dateutil: "python-dateutil",
  dotenv: "python-dotenv",
  faiss: "faiss-cpu",
  PIL: "pillow",
  skimage: "scikit-image",
  sklearn: "scikit-learn",
  yaml: "pyyaml",
};

/** What is the same in either case: the package alone would not bring it back. */
const AZUREML =
  "What its Run logs reaches Azure alone and is only printed here: log with MLflow, or append lines to $STEPWELL_METRICS";

export function moduleHint(module: string, language: "python" | "node", ran: Ran): string {
  if (language === "node") return nodeHint(module);
  const top = module.split(".", 1)[0] as string;
  const name = Object.hasOwn(DISTRIBUTIONS, top) ? (DISTRIBUTIONS[top] as string) : top;
  const hint = `the step ran in ${whereOf(ran.environment)}, which has no ${top}: ${addition(name, ran)}`;
  return top === "azureml" ? `${hint}. ${AZUREML}` : hint;
}

function whereOf(environment: EnvironmentIdentity | null): string {
  if (environment === null) return "an unknown environment";
  const { label } = environment;
  return label.startsWith("uv: ") ? `the environment ${label.slice("uv: ".length)}` : label;
}

function nodeHint(module: string): string {
  const name = module.startsWith("@")
    ? module.split("/").slice(0, 2).join("/")
    : (module.split("/", 1)[0] as string);
  return `the step's copy of the code has no package ${name}, because node_modules is never taken for code: begin the command with \`npm ci &&\`, or install it where Node looks for every program (NODE_PATH)`;
}

function addition(name: string, { asked, interpreter }: Ran): string {
  if (asked === null) return shellAddition(name, interpreter);
  if (asked.kind === "asset")
    return `add "${name}" to packages of environments: {${asked.name}: …} in stepwell.yml, or register a new version that has it`;
  if (asked.requirements !== null) return `add the line \`${name}\` to ${asked.requirements.path}`;
  if (asked.project !== null) return `uv add --project ${asked.project} ${name}`;
  if (asked.python !== null) return `${asked.python} -m pip install ${name}`;
  if (asked.conda !== null)
    return `add \`- ${name}\` below \`- pip:\` in the dependencies of ${asked.conda.path ?? "its conda_file"}`;
  const image = asked.name ?? asked.image;
  if (image !== null)
    return `say what it is here in stepwell.yml, with "${name}": environments: {${JSON.stringify(image)}: {packages: [${name}]}}`;
  if (asked.build !== null) return `add ${name} to what ${asked.build.path} installs`;
  return shellAddition(name, interpreter);
}

function shellAddition(name: string, interpreter: string): string {
  return `${interpreter} -m pip install ${name} in that shell, or name what the step needs: environment: {requirements: requirements.txt}`;
}
