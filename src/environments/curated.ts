// Azure ML's curated environments as packages: what steps of public examples need of them on a machine without their
// images. The workspace file extends and overrides this table.

export interface CuratedEnvironment {
  /** Azure's name without `AzureML-`. */
  readonly name: RegExp;
  readonly python: string | null;
  readonly packages: readonly string[];
}

const SKLEARN_15 = [
  "scikit-learn==1.5.*",
  "pandas<2",
  "numpy<2",
  "mlflow<2.19",
  "matplotlib",
  "joblib",
];

/** The first row whose pattern matches a name wins. */
const ROWS: readonly CuratedEnvironment[] = [
  { name: /^sklearn-1\.5$/, python: null, packages: SKLEARN_15 },
  row(/^sklearn-1\.1/, olderSklearn("1.1"), "3.10"),
  row(/^sklearn-1\.0/, olderSklearn("1.0"), "3.9"),
  row(/^sklearn-0\.24/, olderSklearn("0.24"), "3.8"),
  row(/^lightgbm-/, ["lightgbm", ...SKLEARN_15]),
  row(/^xgboost-sklearn/, ["xgboost", ...SKLEARN_15]),
  row(/^responsibleai(?:-tabular|-ubuntu.*|-[\d.]+)?$/, ["responsibleai", ...SKLEARN_15]),
  row(/^ai-ml-automl/, ["lightgbm", "xgboost", ...SKLEARN_15]),
  row(/^tensorflow-2\.16/, ["tensorflow==2.16.*", "pandas", "matplotlib", "mlflow<2.19"]),
  row(/^tensorflow-2\./, ["tensorflow>=2.16,<3", "pandas", "matplotlib", "mlflow<2.19"]),
  row(/^acpt-pytorch-2\.8/, ["torch==2.8.*", "torchvision", "pandas", "mlflow-skinny", "tqdm"]),
  row(/^(?:acpt-)?pytorch-/, ["torch", "torchvision", "pandas", "mlflow-skinny", "tqdm"]),
  row(/^minimal-/, ["numpy"]),
  row(/^mlflow-/, ["mlflow<2.19", "scikit-learn==1.5.*", "pandas<2", "numpy<2"]),
];

/** Names to show when one is not known. */
export const CURATED_NAMES = [
  "sklearn-1.5",
  "lightgbm-3.3",
  "tensorflow-2.16-cuda12",
  "acpt-pytorch-2.8-cuda12.6",
  "responsibleai-tabular",
  "mlflow-py312-inference",
] as const;

/** The packages of a curated environment (`AzureML-sklearn-1.5`, `sklearn-1.5`), or null. */
export function curatedEnvironment(name: string): CuratedEnvironment | null {
  const short = shortName(name);
  return ROWS.find((each) => each.name.test(short)) ?? null;
}

/** Azure's name without its prefix, in small letters. */
export function shortName(name: string): string {
  return name.toLowerCase().replace(/^azureml-/, "");
}

/** `python`: the newest that the packages have wheels for, where it is older than what machines have now. */
function row(
  name: RegExp,
  packages: readonly string[],
  python: string | null = null,
): CuratedEnvironment {
  return { name, python, packages };
}

/** The older images have a numpy 1.22: what was written for them may use `np.float` and the like, gone in 1.24. */
function olderSklearn(version: string): readonly string[] {
  return SKLEARN_15.map((line) => {
    if (line.startsWith("scikit-learn")) return `scikit-learn==${version}.*`;
    return line.startsWith("numpy") ? "numpy<1.24" : line;
  });
}
