import { defineConfig } from "vitest/config";

/** Tests of minutes, whatever they are about. */
const longTests = "test/**/*.long.test.ts";
/** Those among them that measure requests under load, or run on a faster clock. */
const longLoads = "test/{requests,faults}/*.long.test.ts";
/** The seed of generated inputs. */
const setupFiles = ["test/seed.ts"];

// Groups, one after the other: what needs only a core, what mostly waits for processes, and what measures requests under
// load or runs on a faster clock, which wants the machine for itself.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          setupFiles,
          include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts", "test/load/**/*.test.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "conformance",
          setupFiles,
          include: ["test/conformance/**/*.test.ts"],
          globalSetup: ["test/conformance/moto.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "end-to-end",
          setupFiles,
          include: ["test/{e2e,peers,crash,safety,faults,bad-input,examples}/**/*.test.ts"],
          exclude: ["test/e2e/{rollout,release}*.test.ts", "test/peers/terraform*.test.ts", longTests],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "alone",
          include: ["test/e2e/{rollout,release}*.test.ts", "test/requests/**/*.test.ts"],
          exclude: [longTests],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      // Minutes each, and no part of `npm test`: `npm run test:long`.
      {
        test: {
          name: "long",
          setupFiles,
          include: ["test/peers/terraform*.test.ts", longTests],
          exclude: [longLoads],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: "long-alone",
          include: [longLoads],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
