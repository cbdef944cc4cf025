// The form of an acceptance case, as far as the checks read it.

export interface Case {
  readonly id: string;
  readonly path: string;
  readonly class: "run" | "run-with-data" | "validate";
  readonly expect: Expectations;
}

export interface Expectations {
  readonly status?: string;
  readonly nodes?: Readonly<Record<string, string>>;
  readonly log?: Readonly<Record<string, string>>;
  readonly log_contains?: Readonly<Record<string, string>>;
  readonly log_regex?: string;
  readonly order?: readonly (readonly [string, string])[];
  readonly file?: Readonly<Record<string, string>>;
  readonly file_exists?: readonly string[];
  readonly datastore_file?: string;
  readonly content?: string;
  readonly outputs_nonempty?: readonly string[];
  readonly metric?: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>;
  readonly metric_present?: readonly string[];
  readonly params_min?: number;
  readonly processes?: number;
  readonly child_jobs?: number;
  readonly reuse_on_resubmit?: string;
  readonly rerun_if?: { readonly touch: string; readonly then: readonly string[] };
  readonly setup?: readonly string[];
  readonly also?: readonly string[];
}

/** Cases whose node types cannot run yet, or that need a server. */
const LATER: ReadonlySet<string> = new Set([
  "schedule-recurrence",
  "batch-hello",
  "sweep-pipeline",
  "single-sweep-hello",
  "oj-parallel",
  "automl-classification",
]);

export function runnable(one: Case): boolean {
  return one.class !== "validate" && !LATER.has(one.id);
}
