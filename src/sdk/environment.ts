// The software that a step needs, as code says it.

/** An environment: the result of {@link python}, `azureml:name:version`, a file, or a mapping as in YAML. */
export type Environment = string | Readonly<Record<string, unknown>>;

/**
 * A Python of this version with these packages; made once and locked.
 *
 * @param version `"3.11"`; any later patch of it is taken.
 * @param packages In pip's syntax.
 * @example
 * ```ts
 * command({ name: "train", environment: python("3.11", ["scikit-learn==1.5.*"]), run: "python train.py" });
 * ```
 */
export function python(version: string, packages: readonly string[] = []): Environment {
  return { python: version, packages: [...packages] };
}

/** The same environment with these packages as well, where it is a list of packages that does not name them. */
export function withPackages(environment: Environment, packages: readonly string[]): Environment {
  if (typeof environment === "string" || !Array.isArray(environment.packages)) return environment;
  const named = environment.packages.map((one) => /^[A-Za-z0-9._-]+/.exec(String(one))?.[0] ?? "");
  const missing = packages.filter((one) => !named.includes(one));
  return { ...environment, packages: [...environment.packages, ...missing] };
}
