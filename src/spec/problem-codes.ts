// Every code of a finding about definitions, with its meaning: the table of docs/reference/problems.md. A code that is
// not here does not compile.

/** What each code says, in one sentence. */
export const PROBLEM_CODES = {
  yaml_syntax: "The text is not valid YAML or JSON.",
  not_a_mapping: "The file does not hold one mapping of keys to values.",
  several_documents: "The file holds more than one YAML document.",
  duplicate_key:
    "A mapping has a key twice; the message names the first place, the position the second.",
  bad_key: "A key is empty, a list or a mapping.",
  bad_alias: "An alias has no anchor above it, or contains itself.",
  bad_merge: "Something else than a mapping is merged with `<<`.",
  unknown_tag: "A YAML tag is not one of the core schema, or does not fit its value.",
  nul_character: "A text holds a NUL character, which no command can receive.",
  file_too_large: "The file is larger than the limit.",
  too_many_values: "The file has more values than the limit, with aliases expanded.",
  too_many_aliases: "The file uses more aliases than the limit.",
  too_deep: "Values are nested deeper than the limit.",
  too_many_steps: "The pipeline has more steps than the limit, with nested pipelines inlined.",
  too_many_processes: "A distributed step has more processes than the limit.",
  too_many_problems: "There are more findings than are shown.",
  unreadable_file: "A file that is named cannot be read.",
  missing_path: "A local path has nothing there.",
  unknown_kind: "The file, node or component is of a type that does not exist.",
  unsupported_kind: "The file is a job of a type that cannot be run by itself yet.",
  component_not_job: "The file is a component: it runs inside a pipeline.",
  unknown_key:
    "A key is not known here; a warning under `settings` and in a conda file, else an error.",
  missing_field: "A required key is missing, or says nothing.",
  wrong_type: "A value is not of the type that is needed; a warning for an entry of an `enum`.",
  unknown_value: "A value is not one of the words that are allowed.",
  out_of_range: "A number is below or above what is allowed.",
  not_in_enum: "A value is not in the input's `enum`; a warning for a number given to a text.",
  equal_but_for_case:
    "Two inputs or outputs of a component differ in case alone, which Azure ML's client refuses; a warning.",
  bad_name:
    "A node, input, output or asset has a name that cannot be a folder; a run one that means another run; a variable one with `=`.",
  bad_datastore: "A datastore's field or credentials have no meaning as they are written.",
  bad_filter: "The filter of an MLTable is no comparison that can be read.",
  bad_cache: "A cache of `stepwell.yml` has a place or a key that has no meaning.",
  secret_in_address: "An address that would be recorded holds a password, a signature or a token.",
  secret_in_file: "A secret stands in `stepwell.yml`, which is meant to be shared.",
  unsupported_datastore: "A datastore of Azure's that is known and cannot be used from here.",
  bad_set: "A `--set` names no field, or its value is not YAML.",
  bad_property: "A `stepwell.` property does not hold JSON.",
  near_reference: "What was meant as a reference is not written `${{…}}`, and stays as it is.",
  bad_binding:
    "A `${{…}}` points at nothing that can stand there, or is only a part of a value; a warning for variables.",
  unknown_node:
    "A binding, `depends_on` or `--set` names a node that the pipeline does not have; a warning where `--set` makes one whose name is almost another's.",
  unknown_input:
    "A binding, `--input`, `--set` or node names an input that does not exist; a warning for pipelines and `--set`.",
  unknown_output:
    "A binding, node or `--set` names an output that does not exist; a warning for `--set`.",
  not_read:
    "A node says what only its component can say, as `command` or `environment`, an environment says twice what is in it, or an output has a version and no name; a warning.",
  missing_input: "A required input has no value.",
  unmade_output: "No node makes an output of the pipeline; an error where somebody reads it.",
  output_made_twice: "Two nodes are bound to the same output of the pipeline.",
  type_mismatch:
    "Data of one kind is given to an input of another, or an output called another kind than its component makes; never an error.",
  value_cut_by_azure:
    "A number with decimals stands under `value` without a `type`: Azure ML's client cuts it to a whole number; a warning.",
  ray_not_started: "A `distribution` of type ray: the command runs as one process; a warning.",
  dropped_by_azure:
    "A component has `environment_variables`, which Azure ML's client drops: steps lack them there, and have them here; a warning.",
  lost_metrics:
    "MLflow's tracking address is a path in the work folder of the step, which goes with what was logged; a warning.",
  default_becomes_number:
    "A whole number is the default of a text: it arrives as `5.0`, as in Azure ML.",
  undeclared_input: "A command uses an input that is not declared.",
  undeclared_output: "A command uses an output that is not declared.",
  group_without_reference: "An optional group `$[[…]]` holds no `${{…}}` and stays as it is.",
  optional_outside_group: "A command uses an optional input outside of `$[[…]]`.",
  cycle: "Steps wait for each other; the message names them.",
  empty_pipeline: "A pipeline has no nodes.",
  pipeline_in_itself: "A pipeline component contains itself, or pipelines are nested too deep.",
  jobs_and_component: "A pipeline job has both `jobs` and `component`.",
  unknown_component: "A registered component does not exist, or its name has no known form.",
  unusable_component: "A component's own file has mistakes; they are reported there.",
  wrong_component_type: "A node and its component are of different types.",
  unknown_compute: "The workspace has no compute of that name.",
  bad_environment: "The name of an environment has no known form.",
  empty_environment:
    "An environment does not say what is in it: no packages, no image, no interpreter.",
  bad_data_reference: "A path has the form of no reference to data.",
  unsupported_code:
    "Code lies in a place that Stepwell does not read: a URL, a repository, a registry.",
  module_failed: "A module that defines a pipeline cannot be run, or says something that is none.",
  no_pipeline: "A module exports no pipeline, or several and none as default.",
  renamed_step: "A second call of a step got a number behind its name; a warning.",
  bad_function: "A function step uses what cannot go with it into a process of its own.",
} as const satisfies Record<string, string>;

export type ProblemCode = keyof typeof PROBLEM_CODES;
