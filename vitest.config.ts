import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "test/load/**/*.test.ts"],
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          globalSetup: ["test/conformance/moto.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "end-to-end",
          include: ["test/e2e/**/*.test.ts", "test/peers/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They mostly wait, for health checks, drains and processes of their own.
          maxWorkers: 2,
        },
      },
    ],
  },
});
