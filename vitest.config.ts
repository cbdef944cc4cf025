import { defineConfig } from "vitest/config";

const deep = process.env.STEPWELL_DEEP === "1";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    exclude: ["node_modules/**", ...(deep ? [] : ["src/**/*.deep.test.ts"])],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
