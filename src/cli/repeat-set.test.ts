import { expect, it } from "vitest";
import { repeatSet } from "./repeat-set.ts";

it.each([
  [
    "run -f p.yml --set a.b=1 c=2 d=x=y --name n",
    "run -f p.yml --set a.b=1 --set c=2 --set d=x=y --name n",
  ],
  ["run --set a=1 p.yml b=2", "run --set a=1 p.yml b=2"],
  ["run --set a=1 ./x=y.yml", "run --set a=1 ./x=y.yml"],
  ["run --set a=1 --set b=2 c=3", "run --set a=1 --set b=2 --set c=3"],
  ["add s --set -- python x.py --set a=1 b=2", "add s --set -- python x.py --set a=1 b=2"],
  ["run p.yml --input a=1 b=2", "run p.yml --input a=1 b=2"],
])("%s means %s", (typed, meant) => {
  expect(repeatSet(typed.split(" ")).join(" ")).toBe(meant);
});
