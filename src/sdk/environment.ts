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
