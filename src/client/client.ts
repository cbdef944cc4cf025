// The client: what the SDK loads when something is run.

import type { Client } from "../sdk/load-client.ts";
import { planPipeline, submitPipeline, validatePipeline } from "./submit.ts";
import { openClientWorkspace } from "./workspace.ts";

export const client: Client = {
  submit: submitPipeline,
  plan: planPipeline,
  validate: validatePipeline,
  openWorkspace: openClientWorkspace,
};
