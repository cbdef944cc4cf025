// A pipeline is called like a step, with other inputs each time; order without data stands beside data.
import { command, input, output, pipeline, sequence, sh, together } from "stepwell";

const make = command({
  name: "make",
  inputs: { rows: input.integer() },
  outputs: { data: output.file() },
  run: ({ inputs, outputs }) => sh`seq 1 ${inputs.rows} > ${outputs.data}`,
});

const sum = command({
  name: "sum",
  inputs: { data: input.file(), factor: input.integer({ default: 1 }) },
  outputs: { total: output.file() },
  run: ({ inputs, outputs }) =>
    sh`awk -v f=${inputs.factor} ${"{ s += $1 } END { print s * f }"} ${inputs.data} > ${outputs.total}`,
});

const region = pipeline(
  { name: "region", inputs: { rows: input.integer(), factor: input.integer({ default: 1 }) } },
  ({ inputs }) => {
    const { data } = make({ rows: inputs.rows }).outputs;
    return { total: sum({ data, factor: inputs.factor }).outputs.total };
  },
);

const say = command({ name: "say", inputs: { text: input.string() }, run: ({ inputs }) => sh`echo ${inputs.text}` });

const compare = command({
  name: "compare",
  inputs: { left: input.file(), right: input.file() },
  outputs: { both: output.file() },
  run: ({ inputs, outputs }) => sh`paste -d ' ' ${inputs.left} ${inputs.right} > ${outputs.both}`,
});

export default pipeline({ name: "nested" }, () => {
  const begin = say({ text: "begin" }, { name: "begin" });
  const north = region({ rows: 5 }, { name: "north" });
  const south = region({ rows: 3, factor: 2 }, { name: "south" });
  const both = compare({ left: north.outputs.total, right: south.outputs.total });
  sequence(begin, together(north, south), both, say({ text: "end" }, { name: "end" }));
  return { both: both.outputs.both };
});
