import { findTagged, listImages, promote, pushImages, rollback } from "@fardel/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Place, type Region, startTaggedShop, type TaggedShop } from "./tagged-shop.fixture.ts";

let shop: Awaited<ReturnType<typeof startTaggedShop>>;
let staging: Place;
let commit: string;

beforeAll(async () => {
  shop = await startTaggedShop();
  shop.write({
    "package.json": JSON.stringify({ name: "shop", version: "1.0.0" }),
    "server.js": "one",
    "fardel.yaml": manifest(shop.region),
  });
  commit = commitAll(shop, "one");
  staging = await shop.open("staging");
});
afterAll(() => shop.close());

function manifest({ base }: Region): string {
  return `app: shop
region: eu-west-1
images: { app: { build: ., builder: node, base: "${base}" } }
services:
  web: { image: app, command: [node, server.js] }
  worker: { image: app, command: [node, worker.js] }
tasks:
  migrate: { image: app, command: [node, migrate.js] }
release: { tags: ["{environment}-{commit}", "{environment}", "latest-{service}"] }
environments:
  staging: { cluster: stage }
  production: { cluster: prod, release: { tags: ["prod-{tag}", prod] } }
`;
}

function commitAll({ git }: TaggedShop, message: string): string {
  git("add", "--all");
  git("commit", "--quiet", "--message", message);
  return git("rev-parse", "HEAD");
}

const digestOf = (place: Place, reference: string | undefined) =>
  reference?.slice(reference.indexOf("@") + 1) ?? place.app.name;

async function servingDigest(place: Place): Promise<string> {
  const images = await listImages(place.aws, place.descriptor);
  const { environment } = place.app;
  const serving = images.find(({ releases }) =>
    releases.some((each) => each.environment === environment && each.serves),
  );
  return serving?.digest ?? "";
}

describe("a release's images", () => {
  test("A1, A2, B4, D6: are built once for all that run them, and tagged when they serve", async () => {
    const { outcome, events } = await staging.deploy();
    expect(outcome.outcome).toBe("succeeded");
    expect(events.filter(({ type }) => type === "image.built")).toHaveLength(1);
    const digest = await servingDigest(staging);
    expect(await staging.tags("app")).toEqual({
      [digest]: ["latest-migrate", "latest-web", "latest-worker", "staging", `staging-${commit}`],
    });
    expect(events).toContainEqual(expect.objectContaining({ type: "image.tagged", image: "app", digest }));
  });

  test("A4: the task definitions pin the digest, whatever becomes of tags", async () => {
    const { services = [] } = await staging.aws.ecs.describeServices({
      cluster: "stage",
      services: ["shop-web", "shop-worker"],
    });
    const digest = await servingDigest(staging);
    for (const { taskDefinition: arn = "" } of services) {
      const { taskDefinition } = await staging.aws.ecs.describeTaskDefinition({ taskDefinition: arn });
      expect(taskDefinition?.containerDefinitions?.[0]?.image).toBe(`${staging.descriptor.repositories.app}@${digest}`);
    }
    expect(services).toHaveLength(2);
  });

  test("of uncommitted files are marked, and take the aliases along", async () => {
    const before = await servingDigest(staging);
    shop.write({ "server.js": "two" });
    staging = await shop.open("staging");
    await staging.deploy();
    const digest = await servingDigest(staging);
    expect(digest).not.toBe(before);
    expect(await staging.tags("app")).toEqual({
      [before]: [`staging-${commit}`],
      [digest]: ["latest-migrate", "latest-web", "latest-worker", "staging", `staging-${commit}-dirty`],
    });
  });

  test("go back with their aliases", async () => {
    const { aws, descriptor } = staging;
    const outcome = await rollback({ aws, descriptor, origin: await shop.origin(), emit: () => {} });
    expect(outcome.outcome).toBe("succeeded");
    const digest = await servingDigest(staging);
    expect((await staging.tags("app"))[digest]).toEqual([
      "latest-migrate",
      "latest-web",
      "latest-worker",
      "staging",
      `staging-${commit}`,
    ]);
    shop.git("checkout", "--quiet", "server.js");
    staging = await shop.open("staging");
  });

  test("keep their aliases when a release fails", async () => {
    const before = await staging.tags("app");
    shop.write({ "server.js": "broken" });
    const broken = await shop.open("staging");
    const faults = `${shop.region.drydock.endpoint}/_drydock/faults`;
    const body = JSON.stringify({ kind: "broken-task", fate: "exits" });
    expect((await fetch(faults, { method: "POST", body })).status).toBe(200);
    const { outcome } = await broken.deploy();
    await fetch(faults, { method: "DELETE" });
    expect(outcome.outcome).toBe("rolled back");
    const after = await staging.tags("app");
    expect(Object.keys(after)).toHaveLength(Object.keys(before).length + 1);
    expect(after).toMatchObject(before);
    shop.git("checkout", "--quiet", "server.js");
  });

  test("that can't be named stop a release before anything moves", async () => {
    const before = await listImages(staging.aws, staging.descriptor);
    const production = await shop.open("production");
    await expect(production.deploy()).rejects.toMatchObject({
      code: "IMAGE_TAG",
      message: "The image tag prod-{tag} can't be made: there is no {tag} here.",
      where: "fardel.yaml:12  environments.production.release.tags[0]",
      exitCode: 2,
    });
    expect(await listImages(staging.aws, staging.descriptor)).toEqual(before);
  });
});

describe("images that are there", () => {
  test("E9: are deployed by their tag, and none is built", async () => {
    const { aws, descriptor, app } = staging;
    const { repositories } = descriptor;
    const tag = `staging-${commit}-dirty`;
    const images = () => findTagged(app, { tag, repositories, aws });
    const { outcome, events } = await staging.deploy({ images, builtFrom: {} });
    expect(outcome.outcome).toBe("succeeded");
    expect(events.filter(({ type }) => type.startsWith("image."))).toEqual([
      expect.objectContaining({
        type: "image.tagged",
        tags: ["staging", "latest-web", "latest-worker", "latest-migrate"],
      }),
    ]);
    const serving = await servingDigest(staging);
    expect((await staging.tags("app"))[serving]).toContain(tag);
  });

  test("E9: a tag that isn't there is told with those that are", async () => {
    const { aws, descriptor, app } = staging;
    const { repositories } = descriptor;
    await expect(findTagged(app, { tag: "v9", repositories, aws })).rejects.toMatchObject({
      code: "IMAGE_TAG_UNKNOWN",
      message: "No image app has the tag v9.",
      where: "fardel.yaml:3  images.app",
      why: expect.stringMatching(/^There are, newest first: .*staging-[0-9a-f]{40}/),
    });
  });

  test("D6, E8: are promoted to another environment by digest, with its own tags, and none is built", async () => {
    await staging.deploy();
    const digest = await servingDigest(staging);
    shop.git("tag", "v1.0.0");
    const production = await shop.open("production");
    const { outcome, events } = await promoted(production);
    expect(outcome.outcome).toBe("succeeded");
    expect(events.filter(({ type }) => type === "image.built")).toEqual([]);
    expect(events.find(({ type }) => type === "image.pushed")).toMatchObject({ sentBytes: 0 });
    expect(await servingDigest(production)).toBe(digest);
    expect((await production.tags("app"))[digest]).toEqual(
      expect.arrayContaining(["staging", `staging-${commit}`, "prod", "prod-v1.0.0"]),
    );
  });

  test("D6: are carried to another region's registry with the same digest", async () => {
    const away = await shop.startRegion();
    const abroad = await shop.open("production", away);
    const digest = await servingDigest(staging);
    const { outcome, events } = await promoted(abroad);
    expect(outcome.outcome).toBe("succeeded");
    expect(events.find(({ type }) => type === "image.pushed")).toMatchObject({
      reference: `${abroad.descriptor.repositories.app}@${digest}`,
    });
    expect(await servingDigest(abroad)).toBe(digest);
    expect(await abroad.tags("app")).toEqual({ [digest]: ["prod", "prod-v1.0.0"] });
  });

  async function promoted(to: Place) {
    const events: { type: string }[] = [];
    const { app, aws, descriptor } = to;
    const from = { aws: staging.aws, descriptor: staging.descriptor };
    const emit = (event: { type: string }) => void events.push(event);
    const outcome = await promote({ app, aws, descriptor, origin: await shop.origin(), emit, from });
    return { outcome, events };
  }

  test("C8, D6: are pushed without a release, with the tags that name one content", async () => {
    shop.write({ "server.js": "three" });
    const third = commitAll(shop, "three");
    const { app, aws, descriptor } = await shop.open("staging");
    const builtFrom = await shop.origin();
    const options = {
      aws,
      repositories: descriptor.repositories,
      cacheDirectory: `${shop.directory}-cache`,
      commit: third,
    };
    const pushed = await pushImages(app, { ...options, builtFrom, tags: ["try"], emit: () => {} });
    const image = pushed.get("app");
    expect(image?.tags).toEqual(["try", `staging-${third}`]);
    expect((await staging.tags("app"))[digestOf(staging, image?.reference)]).toEqual([`staging-${third}`, "try"]);
    const listed = await listImages(aws, descriptor);
    expect(listed.find(({ digest }) => digest === image?.digest)?.releases).toEqual([]);
  });

  test("B4: are listed with tags, size, and the releases that run them", async () => {
    const listed = await listImages(staging.aws, staging.descriptor);
    const serving = listed.find(({ releases }) => releases.length === 2);
    expect(serving).toMatchObject({
      image: "app",
      repository: staging.descriptor.repositories.app,
      tags: expect.arrayContaining(["prod", "staging"]),
      sizeBytes: expect.any(Number),
      releases: [
        { environment: "production", number: 1, serves: true },
        { environment: "staging", number: expect.any(Number), serves: true },
      ],
    });
    expect(listed.filter(({ releases }) => releases.some(({ serves }) => serves))).toHaveLength(1);
  });
});
