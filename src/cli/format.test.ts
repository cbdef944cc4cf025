import { expect, it } from "vitest";
import { bytes, duration } from "./format.ts";

it.each([
  [0, "0.0 s"],
  [9_940, "9.9 s"],
  [12_400, "12 s"],
  [119_700, "2 min 0 s"],
  [179_600, "3 min 0 s"],
  [200_000, "3 min 20 s"],
  [7_199_600, "2 h 0 min"],
  [7_500_000, "2 h 5 min"],
])("%i ms are %s: never 60 seconds beside minutes", (milliseconds, said) => {
  expect(duration(milliseconds)).toBe(said);
});

it.each([
  [512, "512 B"],
  [999, "999 B"],
  [1_400, "1.4 kB"],
  [99_960, "100 kB"],
  [999_700, "1.0 MB"],
  [20_000_000, "20.0 MB"],
])("%i bytes are %s", (count, said) => {
  expect(bytes(count)).toBe(said);
});
