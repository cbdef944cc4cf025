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
  attr: "attrs",
  azure: "azure-ai-ml",
  "azure.ai": "azure-ai-ml",
  "azure.keyvault": "azure-keyvault-secrets",
  "azure.storage": "azure-storage-blob",
  azureml: "azureml-core",
  bs4: "beautifulsoup4",
  cv2: "opencv-python",
  Crypto: "pycryptodome",
  dateutil: "python-dateutil",
  distutils: "setuptools<81",
  dotenv: "python-dotenv",
  faiss: "faiss-cpu",
  "google.cloud": "google-cloud-storage",
  jwt: "PyJWT",
  mpl_toolkits: "matplotlib",
  OpenSSL: "pyOpenSSL",
  PIL: "pillow",
  pkg_resources: "setuptools<81",
  skimage: "scikit-image",
  sklearn: "scikit-learn",
  umap: "umap-learn",
  yaml: "pyyaml",
};

/** What is the same in either case: the package alone would not bring it back. */
const AZUREML =
  "What its Run logs reaches Azure alone and is only printed here: log with MLflow, or append lines to $STEPWELL_METRICS";

export function moduleHint(module: string, language: "python" | "node", ran: Ran): string {
  if (language === "node") return nodeHint(module);
  const top = module.split(".", 1)[0] as string;
  const name = distributionOf(module, top);
  const isInside = top !== module && !SHARED.test(module);
  const there = isInside ? presentOf([name, top], ran.environment) : null;
  if (there !== null)
    return `the step ran in ${whereOf(ran.environment)}, whose ${there.name} has no ${module}: ${there.way}`;
  // Of a package that has the module in older versions alone, the version is what is missing.
  const whole = isInside || name.includes("<") ? null : presentOf([name], ran.environment);
  if (whole !== null) return `${whereOf(ran.environment)} has ${whole.name}, ${elsewhere(module)}`;
  const missing = SHARED.test(module) ? module : top;
  const hint = `the step ran in ${whereOf(ran.environment)}, which has no ${missing}: ${addition(name, ran)}`;
  return top === "azureml" ? `${hint}. ${AZUREML}` : hint;
}

/** Of a package that is there, and whose module was not found: people write its own name, too. */
function elsewhere(module: string): string {
  const isModule = Object.hasOwn(DISTRIBUTIONS, module);
  const names = Object.keys(DISTRIBUTIONS).filter(
    (key) => normal(DISTRIBUTIONS[key] as string) === normal(module),
  );
  if (!isModule && names[0] !== undefined) return `which is imported as ${names[0]}`;
  return "and another Python ran, which has not: one that the command makes or names (python -m venv, a path), or one that reads no packages (-I, -S); or its module has another name";
}

function normal(name: string): string {
  return name
    .replace(/<.*/, "")
    .toLowerCase()
    .replaceAll(/[-_.]+/g, "-");
}

interface Present {
  readonly name: string;
  readonly way: string;
}

/** The distribution of one of these names, of which Python found all but a module inside it. */
function presentOf(
  names: readonly string[],
  environment: EnvironmentIdentity | null,
): Present | null {
  const { editable = {}, packages = {} } = environment ?? {};
  const wanted = names.map(normal);
  const own = wanted.find((name) => Object.hasOwn(editable, name));
  if (own !== undefined) return { name: own, way: "it is not among what that project installs" };
  const name = wanted.find((each) => Object.hasOwn(packages, each));
  if (name === undefined) return null;
  const way = `choose a version of ${name} that has it; what was pickled is read by that which wrote it`;
  return { name: `${name} ${packages[name]}`, way };
}

/** Namespaces of many distributions, each named after its module. */
const SHARED = /^(?:azure|google)\./;

function distributionOf(module: string, top: string): string {
  if (Object.hasOwn(DISTRIBUTIONS, module)) return DISTRIBUTIONS[module] as string;
  if (SHARED.test(module)) return module.split(".").slice(0, 3).join("-").replaceAll("_", "-");
  return Object.hasOwn(DISTRIBUTIONS, top) ? (DISTRIBUTIONS[top] as string) : top;
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
  if (asked.project !== null) return `uv add --project ${asked.project} ${typed(name)}`;
  if (asked.python !== null) return `${asked.python} -m pip install ${typed(name)}`;
  if (asked.conda !== null)
    return `add \`- ${name}\` below \`- pip:\` in the dependencies of ${asked.conda.path ?? "its conda_file"}`;
  const image = asked.name ?? asked.image;
  if (image !== null)
    return `say what it is here in stepwell.yml, with "${name}": environments: {${JSON.stringify(image)}: {packages: [${typed(name)}]}}`;
  if (asked.build !== null) return `add ${name} to what ${asked.build.path} installs`;
  return shellAddition(name, interpreter);
}

function shellAddition(name: string, interpreter: string): string {
  return `${interpreter} -m pip install ${typed(name)} in that shell, or name what the step needs: environment: {requirements: requirements.txt}`;
}

/** As a shell and YAML take it: `<` alone would write to a file. */
function typed(name: string): string {
  return name.includes("<") ? `'${name}'` : name;
}
