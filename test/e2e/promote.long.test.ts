import { resolve } from "node:path";
import { acquireLock } from "@fardel/core/release/records/lock.ts";
import { stateBucket } from "@fardel/core/release/records/state-bucket.ts";
import { systemTime } from "@fardel/core/release/time.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandPlace, fardel, resultOf, succeed } from "../command-line.ts";
import { type Place, startTaggedShop } from "./tagged-shop.fixture.ts";

let shop: Awaited<ReturnType<typeof startTaggedShop>>;
let staging: Place;
let production: Place;
let place: CommandPlace;

const app = (name = "app") => `  ${name}: { build: ., builder: node, base: "${shop.region.base}" }`;
const manifest = (images: string) => `app: shop
region: eu-west-1
images:
${images}
services:
  web: { image: app, command: [node, server.js] }
environments:
  staging: { cluster: stage }
  production: { cluster: prod, release: { tags: [prod] } }
`;

beforeAll(async () => {
  shop = await startTaggedShop();
  shop.write({
    "package.json": JSON.stringify({ name: "shop", version: "1.0.0" }),
    "server.js": "one",
    "fardel.yaml": manifest(app()),
  });
  shop.git("add", "--all");
  shop.git("commit", "--quiet", "--message", "one");
  staging = await shop.open("staging");
  production = await shop.open("production");
  place = {
    directory: shop.directory,
    home: shop.directory,
    variables: {
      NODE_OPTIONS: `--import=${resolve(import.meta.dirname, "aws-here.fixture.ts")} --disable-warning=ExperimentalWarning`,
      FARDEL_TEST_AWS: shop.region.drydock.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
  };
});
afterAll(() => shop.close());

test("where nothing serves there is nothing to promote", async () => {
  const ended = await fardel(place, "promote", "staging", "production");
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toMatchInlineSnapshot(`
    "✗ No release of shop serves in staging, so there is nothing to promote.

      → Run \`fardel up staging\` first.
    "
  `);
});

test("D6: promote releases the very images that serve in the other environment", async () => {
  await staging.deploy();
  const promoted = resultOf(await succeed(place, "promote", "staging", "production", "--json"));
  expect(promoted).toMatchObject({ release: 1, outcome: "succeeded", serving: 1 });
  const [digest = ""] = Object.keys(await staging.tags("app"));
  expect(await production.tags("app")).toEqual({ [digest]: ["prod"] });
  const again = await succeed(place, "promote", "staging", "production");
  expect(again.stderr).toMatch(/^Nothing has changed: release 1 serves\.$/m);
});

test("while another release is under way a promotion ends with 5 and names it, or waits for it where that is asked for", async () => {
  const bucket = stateBucket(production.aws, production.descriptor.stateBucket);
  const holder = { actor: "grace", host: "build", pid: 1, action: "deploy", time: systemTime };
  const lock = await acquireLock(bucket, production.descriptor, holder);
  await lock.name(7);
  const refused = await fardel(place, "promote", "staging", "production");
  expect(refused.exitCode).toBe(5);
  expect(refused.stderr.replaceAll(/\d{4}-\S+Z/g, "<time>")).toMatchInlineSnapshot(`
    "✗ Release 7 (deploy) of shop in production is under way.
      held by grace on build since <time>

      → Run the command again with --wait-for-lock, which waits for it. If that machine is gone, the
        lock is free at <time>.
    "
  `);
  const letGo = Promise.withResolvers<void>();
  const onStderr = (text: string) => {
    if (text.includes("Waiting for the lock: Release 7 (deploy) by grace on build")) lock.release().then(letGo.resolve);
  };
  const waited = await fardel({ ...place, onStderr }, "promote", "staging", "production", "--wait-for-lock");
  await letGo.promise;
  expect(waited.exitCode, waited.stderr).toBe(0);
  expect(waited.stderr).toMatch(/^Nothing has changed: release 1 serves\.$/m);
});

test("an image that the other environment doesn't have yet can't be promoted, and nothing is released", async () => {
  shop.write({
    "fardel.yaml": manifest(`${app()}\n${app("api")}`).replace(
      "environments:",
      `  api: { image: api, command: [node, server.js] }\nenvironments:`,
    ),
  });
  await shop.open("production");
  const ended = await fardel(place, "promote", "staging", "production");
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toMatchInlineSnapshot(`
    "✗ Release 1 of staging has no image api.
      fardel.yaml:5  images.api

      → Run \`fardel deploy staging\` with this manifest first.
    "
  `);
  const { releases } = resultOf(await succeed(place, "history", "production", "--json"));
  expect(releases).toHaveLength(1);
});
