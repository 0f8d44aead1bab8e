import { expect, test } from "vitest";
import { FardelError } from "../errors.ts";
import { appOf, referenceManifest } from "./fixture.ts";
import { refuseUnsupported, unsupportedKeys } from "./unsupported.ts";

const supported = `app: shop
images: { api: { build: ./api, builder: node } }
services:
  web:
    image: api
    port: 80
    route: { path: /* }
    scale: { min: 2, max: 4, cpu: 60 }
    capacity: on-demand
    rollout: { strategy: rolling, approve: automatic, alarms: [] }
    sidecars: {}
    taskDefinition: {}
    env: { "A": b }
    secrets: { URL: databases.main.url, KEY: mail#key }
  worker: { image: api }
tasks: { migrate: { image: api, capacity: { spot: 0 }, schedule: "0 3 * * *" } }
databases: { main: {} }
queues: { ingest: {} }
release: { before: [migrate], after: [migrate], order: [[web], [worker]], together: [[web, migrate]], tags: [] }
`;

test("what is supported is refused nowhere, though written out", () => {
  const app = appOf(supported);
  expect(unsupportedKeys(app)).toEqual([]);
  expect(() => refuseUnsupported(app)).not.toThrow();
});

test("the reference manifest asks for much that is to come", () => {
  expect(
    unsupportedKeys(appOf(referenceManifest, "production")).map(({ path, message }) => `${path}: ${message}`),
  ).toMatchInlineSnapshot(`
    [
      "services.web.rollout.bake: bake time of a rolling update: not built yet",
    ]
  `);
});

test("every later key is refused with its line", () => {
  const app = appOf(supported.replace("rollout: { strategy: rolling,", "rollout: { bake: 5m, check: /smoke,"));
  expect(() => refuseUnsupported(app)).toThrow(FardelError);
  try {
    refuseUnsupported(app);
  } catch (error) {
    expect(error).toMatchObject({ code: "Unsupported", exitCode: 2 });
    expect(error instanceof FardelError && error.why).toMatchInlineSnapshot(`
      "fardel.yaml:10:16  services.web.rollout.bake
        bake time of a rolling update: not built yet

      fardel.yaml:10:26  services.web.rollout.check
        checks of a rolling update: not built yet"
    `);
  }
});
