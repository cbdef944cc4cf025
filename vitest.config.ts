import { defineConfig } from "vitest/config";

const deep = process.env.STEPWELL_DEEP === "1";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    exclude: ["node_modules/**", ...(deep ? [] : ["src/**/*.deep.test.ts"])],
    // Many tests watch real processes on machines that others use too: one second try, and a real failure still fails.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
