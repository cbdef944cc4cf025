// Where the code of a run came from, under the names that Azure ML's jobs carry it by, so that scripts which read them
// find it. Of several repositories the first. Asks git nothing.

import type { GitOrigin } from "../../ports/records.ts";

export function gitProperties([origin]: readonly GitOrigin[]): Record<string, string> {
  if (origin === undefined) return {};
  const { repository, branch, commit, dirty } = origin;
  return {
    ...named(repository, "azureml.git.repository_uri", "mlflow.source.git.repoURL"),
    ...named(branch, "azureml.git.branch", "mlflow.source.git.branch"),
    ...named(commit, "azureml.git.commit", "mlflow.source.git.commit"),
    "azureml.git.dirty": dirty ? "True" : "False",
  };
}

function named(value: string | null, azure: string, mlflow: string): Record<string, string> {
  return value === null ? {} : { [azure]: value, [mlflow]: value };
}
