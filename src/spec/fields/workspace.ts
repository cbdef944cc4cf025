// The fields of `stepwell.yml`. Knows nothing of how its settings are used.

import { datastoreEntry } from "./datastore.ts";
import {
  extension,
  type FieldTable,
  type FieldType,
  integerFrom,
  listOf,
  mapOf,
  oneOf,
  oneWordOf,
  optional,
  PYTHON,
  record,
  required,
  STRING,
  table,
} from "./field.ts";

const compute = table("a compute", {
  type: required(oneWordOf("local"), "`local`: this machine."),
  cpus: optional({ kind: "number", minimum: 0 }, "CPU cores that steps may use; all unless given."),
  memory: optional(STRING, "Memory that steps may use: bytes, or `16GB`, `12GiB`."),
  gpus: optional(integerFrom(0), "GPUs that steps may use; all unless given."),
});

const instanceType = table("an instance type", {
  cpus: required({ kind: "number", minimum: 0 }, "CPU cores of the machine."),
  memory: required(STRING, "Its memory: bytes, or `16GB`, `12GiB`."),
  gpus: optional(integerFrom(0), "Its GPUs; none unless given."),
});

const curated = table("an environment", {
  python: optional(PYTHON, 'Python version, such as `"3.10"`, or the path of an interpreter.'),
  packages: optional(listOf(STRING), "Packages in pip's syntax."),
  project: optional(STRING, "A project folder with pyproject.toml and uv.lock."),
});

const runEnd = oneWordOf("failed", "succeeded");

const notification = table("a notification", {
  on: required(
    oneOf(runEnd, listOf(runEnd)),
    "Which ends of a run: `failed`, `succeeded`, or a list.",
  ),
  command: optional(STRING, "A shell command; it gets variables, and JSON on standard input."),
  webhook: optional(STRING, "An http or https address that JSON is posted to."),
});

const passedSecret = table("a variable", {
  name: required(STRING, "Name of the variable."),
  secret: required(
    STRING,
    "The secret of the workspace that it holds: `stepwell secret set NAME`.",
  ),
});

const sharedCache = table("a cache", {
  url: required(STRING, "A folder, `s3://…`, or `azureml://datastores/NAME/paths/PATH`."),
  mode: optional(
    oneWordOf("read", "read-write"),
    "Whether results of this workspace go there too; `read` unless given.",
  ),
  trust: optional(
    listOf(STRING),
    "Public keys (`stepwell cache key`) of those whose results count; your own always does.",
  ),
});

const KEEP_FOR = "How long after its last use; `90d`, `12h`.";

const ofRuns = (what: string): FieldType =>
  record(() =>
    table(`a rule for ${what}`, {
      keep_for: optional(STRING, "Those of runs that ended within this time stay: `90d`, `12h`."),
      keep_last: optional(integerFrom(0), "Those of so many newest runs of each pipeline stay."),
      keep_tags: optional(
        mapOf(STRING),
        "Those of runs with one of these tags stay; `*` is any value.",
      ),
      max_size: optional(
        STRING,
        "Above this size those of the oldest runs go first: bytes, or `200GB`.",
      ),
    }),
  );

const byUse = (what: string): FieldType =>
  record(() => table(`a rule for ${what}`, { keep_for: optional(STRING, KEEP_FOR) }));

const retention = table("retention", {
  outputs: optional(ofRuns("outputs"), "Recorded outputs; all of them stay unless given."),
  snapshots: optional(ofRuns("snapshots"), "Snapshots of code that runs name."),
  inputs: optional(ofRuns("inputs"), "Copies of the local inputs of runs."),
  downloads: optional(ofRuns("downloads"), "Local copies of what runs read from elsewhere."),
  environments: optional(byUse("environments"), "Built environments; `30d` unless given."),
  scratch: optional(byUse("scratch"), "What failed attempts left behind; `7d` unless given."),
  checkpoints: optional(byUse("checkpoints"), "Checkpoints of steps; `30d` unless given."),
});

const transfers = table("transfers", {
  bandwidth: optional(
    STRING,
    "Bytes a second of each transfer: `50MB`; as fast as it goes unless given.",
  ),
  at_once: optional(integerFrom(1), "Calls at once of each transfer; 32 unless given."),
});

const limits = table("limits", {
  file_bytes: optional(integerFrom(1), "Largest definition file."),
  nodes: optional(integerFrom(1), "Most values in one definition file."),
  depth: optional(integerFrom(1), "Deepest nesting in one definition file."),
  aliases: optional(integerFrom(0), "Most aliases in one definition file."),
  steps: optional(integerFrom(1), "Most steps in one run."),
  processes: optional(integerFrom(1), "Most processes of one distributed step."),
});

const seconds: FieldType = { kind: "scalar" };

export const workspace: FieldTable = table("stepwell.yml", {
  $schema: optional(STRING, "Address of the editor schema."),
  datastores: extension(mapOf(datastoreEntry), "Places for bytes, by name."),
  default_datastore: extension(
    STRING,
    "Where copies of intermediate data go, so that machines share them; nowhere unless given.",
  ),
  cache: extension(
    listOf(record(() => sharedCache)),
    "Places where results are shared with others; the first that has one wins.",
  ),
  transfers: extension(
    record(() => transfers),
    "Limits of what moves data between this machine and datastores.",
  ),
  url_map: extension(
    mapOf(STRING),
    "Local copies of addresses: an address or its beginning, and a path or another address.",
  ),
  computes: extension(mapOf(record(() => compute)), "Computes by name; `*` is every other name."),
  instance_types: extension(
    mapOf(record(() => instanceType)),
    "Sizes of machines beyond Azure's common ones, for `resources: {instance_type: …}`.",
  ),
  environments: extension(
    mapOf(
      oneOf(
        STRING,
        record(() => curated),
      ),
    ),
    "What curated environment names and images mean here: packages, or another name.",
  ),
  default_compute: extension(STRING, "The compute of jobs that name none; `local` unless given."),
  pass_env: extension(
    listOf(
      oneOf(
        STRING,
        record(() => passedSecret),
      ),
    ),
    "Variables of your shell that steps see; `AWS_*` is a prefix; `{name, secret}`: of `stepwell secret set`.",
  ),
  registries: extension(
    mapOf(STRING),
    "Folders of components by name: `azureml://registries/NAME/components/…`.",
  ),
  notify: extension(
    listOf(record(() => notification)),
    "Who is told when a run ends; each entry has a `command` or a `webhook`.",
  ),
  source_date_epoch: extension(
    seconds,
    "SOURCE_DATE_EPOCH of steps: seconds since 1970, or `false` for none; 946684800 unless given.",
  ),
  keep: extension(
    oneWordOf("reference", "copy"),
    "Whether local inputs are only used in place, or their bytes kept in the store; up to 64 MB a run are kept unless given.",
  ),
  warn_size: extension(
    STRING,
    "Size of the workspace above which the end of a run warns: bytes, or `50GB`; `20GiB` unless given.",
  ),
  retention: extension(
    record(() => retention),
    "What `gc` may remove although a run names it: rules by age, count, tag and size for each kind.",
  ),
  limits: extension(
    record(() => limits),
    "Limits that this workspace raises.",
  ),
  slots: extension(integerFrom(1), "Steps that run at once."),
});
