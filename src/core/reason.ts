// Why a step runs or is reused, as a closed list. The words for people are made by `describe-reason`; scripts read
// `kind`.

export type ReasonKind =
  /** Nothing comparable is recorded. */
  | "never_ran"
  /** The same work was done before and its result is whole. */
  | "unchanged"
  | "code_changed"
  | "input_changed"
  | "parameter_changed"
  | "environment_changed"
  | "command_changed"
  | "variable_changed"
  | "interface_changed"
  | "settings_changed"
  /** The fingerprint is known, but its recorded outputs are gone or altered. */
  | "outputs_deleted"
  /** The fingerprint is known, but its outputs were removed by somebody, or by a rule. */
  | "outputs_removed"
  /** The fingerprint is known, but a file that the step had read without declaring it is another now. */
  | "undeclared_changed"
  /** The fingerprint is known, but an input was written to while its result was made. */
  | "input_written"
  /** The fingerprint is known, but its result was made in another environment. */
  | "other_environment"
  /** The fingerprint is known, but somebody said that its result must not be reused. */
  | "invalidated"
  /** The same work ran before without success. */
  | "failed_before"
  /** `--force`. */
  | "forced"
  /** `force_rerun`, `is_deterministic: false`, `reuse: never`, or `${{name}}` in the command. */
  | "never_reused"
  /** Older than `reuse: {max_age}`. */
  | "too_old"
  /** `--from`: taken as recorded. */
  | "taken"
  /** Another run does the same work right now. */
  | "in_flight"
  /** What it reads is not known before other steps have run. */
  | "depends"
  /** Kept from running by a failure, `--until`, or a cancel. */
  | "not_needed";

export interface Reason {
  readonly kind: ReasonKind;
  /** In words: "code changed: features.py (+1 −1)". */
  readonly detail: string;
}
