// The files that `init` writes into an empty folder: a pipeline of two steps that runs, and a commented `stepwell.yml`.

import { schemaLine } from "../operations/drafts/pipeline-text.ts";

const PIPELINE = `${schemaLine("pipeline")}
# Two steps: the second reads what the first makes. Change something, run again: only what changed runs.
type: pipeline
display_name: first
settings:
  default_compute: azureml:local
jobs:
  prepare:
    command: python3 prepare.py --rows \${{inputs.rows}} --out \${{outputs.table}}
    code: ./prepare
    inputs:
      rows: 1000
    outputs:
      table: {type: uri_file}
  summarise:
    command: python3 summarise.py --table \${{inputs.table}} --out \${{outputs.summary}}
    code: ./summarise
    inputs:
      table: \${{parent.jobs.prepare.outputs.table}}
    outputs:
      summary: {type: uri_file}
`;

const PREPARE = `import argparse
import csv
import random

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int)
parser.add_argument("--out")
options = parser.parse_args()

random.seed(7)
with open(options.out, "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["height", "weight"])
    for _ in range(options.rows):
        height = random.gauss(170, 10)
        writer.writerow([round(height, 1), round(height - 100 + random.gauss(0, 5), 1)])
`;

const SUMMARISE = `import argparse
import csv
import json
import os
import statistics

parser = argparse.ArgumentParser()
parser.add_argument("--table")
parser.add_argument("--out")
options = parser.parse_args()

with open(options.table, newline="") as file:
    weights = [float(row["weight"]) for row in csv.DictReader(file)]
mean = statistics.fmean(weights)
with open(options.out, "w") as file:
    json.dump({"rows": len(weights), "mean_weight": mean}, file)
# A metric: \`stepwell runs\`, \`show\` and \`diff\` know it.
with open(os.environ["STEPWELL_METRICS"], "a") as file:
    file.write(json.dumps({"name": "mean_weight", "value": mean}) + "\\n")
`;

/** A `stepwell.yml` that says nothing yet, and shows what it could say. */
export const WORKSPACE_FILE = `${schemaLine("workspace")}
# What this workspace knows beside its pipelines. Everything here is optional; paths are relative to this file.

# Where data lies, for paths like azureml://datastores/images/paths/cats:
# datastores:
#   images: {type: file, path: ../images}

# What the names of computes in pipelines mean here; "*" is every other name:
computes:
  local: {type: local}
  # "*": {type: local, cpus: 4, memory: 8GB}

# Local copies of public addresses:
# url_map:
#   https://example.com/data/: ./copies/

# What a curated environment or an image means here:
# environments:
#   sklearn-1.5: {python: "3.11", packages: [scikit-learn==1.5.*, pandas]}

# Variables of your shell that steps may see:
# pass_env: [HF_TOKEN, "AWS_*"]

# Who is told when a run ends:
# notify:
#   - {on: failed, command: 'notify-send "$STEPWELL_RUN failed"'}
`;

export const STARTER_FILES: Readonly<Record<string, string>> = {
  "pipeline.yml": PIPELINE,
  "prepare/prepare.py": PREPARE,
  "summarise/summarise.py": SUMMARISE,
  "stepwell.yml": WORKSPACE_FILE,
};
