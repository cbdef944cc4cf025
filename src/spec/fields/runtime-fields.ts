// Fields that jobs, nodes and components share about where and how a command runs. Knows nothing of any one kind.

import {
  ANY,
  anyCaseOf,
  BOOLEAN,
  extension,
  type Field,
  type FieldType,
  INTEGER,
  integerFrom,
  listOf,
  mapOf,
  oneOf,
  oneWordOf,
  optional,
  record,
  required,
  STRING,
  table,
  tagged,
} from "./field.ts";

const IGNORED = "Accepted and kept; without effect on one machine.";

const ownResources = {
  cpus: extension({ kind: "number", minimum: 0 }, "CPU cores that the step needs."),
  memory: extension(STRING, "Memory that the step needs: bytes, or `4GB`, `512MiB`."),
  gpus: extension(integerFrom(0), "GPUs that the step needs; none are visible to it otherwise."),
} satisfies Record<string, Field>;

const ownProperty = table("`stepwell` in the properties of resources", ownResources);

/** Free, but for the one that is read. */
const resourceProperties = table(
  "the properties of resources",
  {
    stepwell: extension(
      record(() => ownProperty),
      "The same, where Azure ML's client is to read the file too.",
    ),
  },
  { unknownKeys: "keep" },
);

const resources = table("resources", {
  instance_count: optional(integerFrom(1), "Nodes that run the command together."),
  instance_type: optional(
    STRING,
    "Azure's name of a machine size; a table turns it into cpus, memory and gpus.",
  ),
  properties: optional(
    record(() => resourceProperties),
    "Free settings; `stepwell` in it holds cpus, memory and gpus.",
  ),
  locations: optional(listOf(STRING), IGNORED),
  shm_size: optional(STRING, IGNORED),
  max_instance_count: optional(integerFrom(1), IGNORED),
  docker_args: optional(oneOf(STRING, listOf(STRING)), IGNORED),
  ...ownResources,
});

export const distribution: FieldType = tagged(() => ({
  pytorch: table("a pytorch distribution", {
    type: required(STRING, "`pytorch`."),
    process_count_per_instance: optional(integerFrom(1), "Processes on each node."),
  }),
  mpi: table("an mpi distribution", {
    type: required(STRING, "`mpi`."),
    process_count_per_instance: optional(integerFrom(1), "Processes on each node."),
  }),
  tensorflow: table("a tensorflow distribution", {
    type: required(STRING, "`tensorflow`."),
    worker_count: optional(
      integerFrom(1),
      "Worker processes; `resources.instance_count` unless given.",
    ),
    parameter_server_count: optional(integerFrom(0), "Parameter server processes."),
  }),
  ray: table("a ray distribution", {
    type: required(STRING, "`ray`."),
    port: optional(INTEGER, "Port of the head node."),
    address: optional(STRING, "Address of a running head node."),
    include_dashboard: optional(BOOLEAN, "Whether the dashboard starts."),
    dashboard_port: optional(INTEGER, "Port of the dashboard."),
    head_node_additional_args: optional(STRING, "More arguments of the head node."),
    worker_node_additional_args: optional(STRING, "More arguments of the worker nodes."),
  }),
}));

const service = table("a service", {
  type: optional(STRING, "`ssh`, `tensor_board`, `vs_code` or `jupyter_lab`."),
  port: optional(INTEGER, "Port of the service."),
  endpoint: optional(STRING, "Read-only."),
  status: optional(STRING, "Read-only."),
  nodes: optional(STRING, "Nodes that run it: `all` or none."),
  error_message: optional(STRING, "Read-only."),
  properties: optional(mapOf(ANY), "Free settings."),
  ssh_public_keys: optional(STRING, "Keys that may log in."),
  log_dir: optional(STRING, "Folder that TensorBoard reads."),
});

const identity = table("an identity", {
  type: required(
    // As YAML writes them, and as the service does.
    anyCaseOf(
      ...["managed", "managed_identity", "aml_token", "user_identity"],
      ...["managedidentity", "amltoken", "useridentity"],
    ),
    "`managed`, `aml_token` or `user_identity`.",
  ),
  client_id: optional(STRING, "Client id of a managed identity."),
  object_id: optional(STRING, "Object id of a managed identity."),
  msi_resource_id: optional(STRING, "Resource id of a managed identity."),
});

export const resourcesField: Field = optional(
  record(() => resources),
  "Machines that the step needs.",
);

export const servicesField: Field = optional(mapOf(record(() => service)), IGNORED);

export const identityField: Field = optional(
  record(() => identity),
  IGNORED,
);

/** What every thing that runs a command may say about its run. */
export const runtimeFields = {
  environment_variables: optional(mapOf({ kind: "scalar" }), "Variables that the command sees."),
  resources: resourcesField,
  distribution: optional(
    distribution,
    "How several processes work together: pytorch, mpi, tensorflow or ray.",
  ),
  queue_settings: optional(
    record(() =>
      table("queue settings", {
        job_tier: optional(anyCaseOf("spot", "basic", "standard", "premium", "null"), IGNORED),
        priority: optional(anyCaseOf("low", "medium", "high"), IGNORED),
      }),
    ),
    IGNORED,
  ),
} satisfies Record<string, Field>;

export const limitsField: Field = optional(
  record(() =>
    table("limits", {
      timeout: optional(integerFrom(1), "Seconds after which an attempt is ended."),
    }),
  ),
  "Limits of one attempt.",
);

/** Keys that only Stepwell knows; a component or a job may carry them in `properties` as JSON text instead. */
export const extensionFields = {
  retry: extension(
    record(() =>
      table("retry", {
        max_retries: extension(
          integerFrom(0),
          "Further attempts after the first; 0 without `retry`.",
        ),
        delay: extension(STRING, "Wait before the next attempt: seconds, or `30s`, `5m`, `1h`."),
        on: extension(
          listOf(oneWordOf("failure", "timeout", "lost")),
          "Ends of an attempt that are tried again; all three unless given.",
        ),
      }),
    ),
    "Whether a failed attempt is tried again.",
  ),
  checkpoint: extension(
    oneOf(
      BOOLEAN,
      record(() =>
        table("checkpoint", {
          keep: extension(BOOLEAN, "Whether it stays when the step has succeeded."),
        }),
      ),
    ),
    "Whether the step gets a folder, `$STEPWELL_CHECKPOINT_DIR`, that outlasts its attempts.",
  ),
  reuse: extension(
    oneOf(
      oneWordOf("auto", "never"),
      record(() =>
        table("reuse", {
          max_age: extension(STRING, "Only results younger than this: `12h`, `1d`, `2w`."),
        }),
      ),
    ),
    "Whether an earlier result with the same fingerprint may be taken.",
  ),
  trace: extension(
    BOOLEAN,
    "What it reads is watched: `true` with strace, unless given its Python, `false` not at all.",
  ),
} satisfies Record<string, Field>;

export const dependsOnField: Field = extension(
  oneOf(STRING, listOf(STRING)),
  "Nodes of the same pipeline that must end first although no data flows.",
);
