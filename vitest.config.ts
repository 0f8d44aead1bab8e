import { defineConfig } from "vitest/config";

/** Tests of more than some seconds, which `npm run test:long` runs. */
const longTests = "test/**/*.long.test.ts";
/** Those among them that measure, or put the machine under load themselves. */
const longLoads = ["test/{requests,faults}/*.long.test.ts", "test/e2e/rollout-under-load.long.test.ts"];
/** The seed of generated inputs. */
const setupFiles = ["test/seed.ts"];

// Groups, one after the other: what needs only a core, what is compared with moto, what mostly waits for processes, and what measures requests under
// load, which wants the machine for itself.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          setupFiles,
          // Unless told otherwise vitest leaves a core to itself.
          maxWorkers: 2,
          include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "test/load/**/*.test.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "conformance",
          setupFiles,
          // They share one moto.
          fileParallelism: false,
          include: ["test/conformance/**/*.test.ts"],
          globalSetup: ["test/conformance/moto.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "end-to-end",
          setupFiles,
          include: ["test/{e2e,peers,crash,faults,bad-input}/**/*.test.ts"],
          exclude: [longTests],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      // No part of `npm test`: `npm run test:long`.
      {
        test: {
          name: "long",
          setupFiles,
          include: [longTests],
          exclude: longLoads,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: "long-alone",
          include: longLoads,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
