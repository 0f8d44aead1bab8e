import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { drydockDocs, drydockPage, testedServices } from "./drydock-docs.ts";

const services = await testedServices();

test("every operation that a service handles is called by a test of it", () => {
  const untested = services.flatMap(({ name, tests }) =>
    [...tests].flatMap(([operation, files]) => (files.length === 0 ? [`${name}:${operation}`] : [])),
  );
  expect(untested).toEqual([]);
});

test("docs/drydock.md lists what the services handle (npx node scripts/drydock-docs.ts writes it)", () => {
  expect(readFileSync(drydockPage, "utf8")).toBe(drydockDocs(services));
});
