// The software that a step needs, as code says it.

import { isPythonVersion } from "../spec/job/environment-reference.ts";
import { inWords } from "./check-definition.ts";
import { DefinitionError } from "./definition-error.ts";
import { originOfCall } from "./place.ts";

/** An environment: the result of {@link python}, `azureml:name:version`, a file, or a mapping as in YAML. */
export type Environment = string | Readonly<Record<string, unknown>>;

/**
 * A Python of this version with these packages; made once and locked.
 *
 * @param version `"3.11"`; any later patch of it is taken.
 * @param packages In pip's syntax.
 * @throws DefinitionError where it is no version: the path of an interpreter is written `{ python: ".venv/bin/python" }`.
 * @example
 * ```ts
 * command({ name: "train", environment: python("3.11", ["scikit-learn==1.5.*"]), run: "python train.py" });
 * ```
 */
export function python(version: string, packages: readonly string[] = []): Environment {
  if (typeof version !== "string" || !isPythonVersion(version))
    throw new DefinitionError(
      `python(): the version is ${inWords(version)}`,
      'write it as a text: python("3.11"); an interpreter: environment: { python: ".venv/bin/python" }',
      originOfCall(),
    );
  if (!Array.isArray(packages))
    throw new DefinitionError(
      `python(): the packages are ${inWords(packages)}`,
      'write a list: python("3.11", ["pandas==2.2.*"])',
      originOfCall(),
    );
  return { python: version, packages: [...packages] };
}

/** The same environment with these packages as well, where it is a list of packages that does not name them. */
export function withPackages(environment: Environment, packages: readonly string[]): Environment {
  if (typeof environment === "string" || !Array.isArray(environment.packages)) return environment;
  const named = environment.packages.map((one) => /^[A-Za-z0-9._-]+/.exec(String(one))?.[0] ?? "");
  const missing = packages.filter((one) => !named.includes(one));
  return { ...environment, packages: [...environment.packages, ...missing] };
}
