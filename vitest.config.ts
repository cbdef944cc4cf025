import { defineConfig } from "vitest/config";

const deep = process.env.STEPWELL_DEEP === "1";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    exclude: ["node_modules/**", ...(deep ? [] : ["src/**/*.deep.test.ts"])],
    // The longest take 40 s here, under load; another machine may be five times as slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
    // `npm run coverage`, and a part of `npm run check`: core/ is held to what it has; arms that types rule out (`satisfies never`) are the rest.
    coverage: {
      provider: "v8",
      include: ["src/core/**"],
      reporter: ["text"],
      reportsDirectory: "node_modules/.cache/coverage",
      thresholds: { branches: 93, functions: 99, lines: 97 },
    },
  },
});
