// A loop makes a step for each of ten regions, all of them side by side; one more step puts them together.
import { command, input, output, pipeline, sh } from "stepwell";

const regions = ["east", "west", "north", "south", "coast", "hills", "lakes", "plain", "delta", "city"];

const count = command({
  name: "count",
  inputs: { region: input.string(), seed: input.integer() },
  outputs: { total: output.file() },
  run: ({ inputs, outputs }) => 
    sh`echo "${inputs.region} $(expr ${inputs.seed} ${"*"} 37 % 100)" > ${outputs.total}`,
});

/** One input for each region: the ports of a step are values of the language as well. */
const merge = command({
  name: "merge",
  inputs: Object.fromEntries(regions.map((region) => [region, input.file()])),
  outputs: { table: output.file() },
  run: ({ inputs, outputs }) => sh`cat ${Object.values(inputs)} | sort > ${outputs.table}`,
});

export default pipeline({ name: "ten-regions" }, () => {
  const totals = regions.map((region, seed) => {
    const counted = count({ region, seed: seed + 1 }, { name: `count_${region}` });
    return [region, counted.outputs.total] as const;
  });
  return merge(Object.fromEntries(totals)).outputs;
});
