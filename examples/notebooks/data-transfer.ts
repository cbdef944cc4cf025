// aml-pipelines-data-transfer: data goes from one datastore to another. And 1k_pipeline_with_data_transfer: what two steps made
// is merged into one folder.
import { command, component, input, output, pipeline, sh, transfer } from "stepwell";

const move = transfer({ name: "move", from: input.folder(), to: output.folder() });

const hello = command({
  name: "hello",
  outputs: { made: output.folder() },
  run: ({ outputs }) => sh`echo hello > ${outputs.made}/hello.txt`,
});
const world = command({
  name: "world",
  outputs: { made: output.folder() },
  run: ({ outputs }) => sh`echo world > ${outputs.made}/world.txt`,
});

const merge = transfer({
  name: "merge",
  from: { moved: input.folder(), hello: input.folder(), world: input.folder() },
  to: output.folder(),
  mode: "fail_if_conflict",
});

// Of the library that ships; `stepwell component show register_model --builtin` says what it takes.
const register = component("azureml://registries/stepwell/components/register_model");

export default pipeline({ name: "data-transfer" }, () => {
  const moved = move(
    { from: "azureml://datastores/lake/paths/colours" },
    { outputs: { to: { path: "azureml://datastores/archive/paths/${{name}}" } } },
  ).outputs.to;
  const merged = merge({ moved, hello: hello().outputs.made, world: world().outputs.made });
  register({ model: merged.outputs.to, name: "colours" });
  return { merged: merged.outputs.to };
});
