import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Place, startTaggedShop } from "./tagged-shop.fixture.ts";

// Needs a container engine, which not every machine has; nothing else in fardel does.
const engineRuns = spawnSync("docker", ["version", "--format", "{{.Server.Version}}"]).status === 0;

const names = ["wsgi", "indexer", "ingester", "deployment"];

const dockerfile = `FROM scratch
ARG ENTRYPOINT
ARG VERSION
COPY app.txt /app/app.txt
ENV ENTRYPOINT=$ENTRYPOINT VERSION=$VERSION
CMD ["/app/run"]
`;

const manifest = `app: cgap
region: eu-west-1
images:
${names.map((name) => `  ${name}: { build: ., args: { ENTRYPOINT: ${name}, VERSION: "\${commit}-\${release}" } }`).join("\n")}
services:
${names
  .slice(0, 3)
  .map((name) => `  ${name}: { image: ${name} }`)
  .join("\n")}
tasks:
  deployment: { image: deployment }
release: { tags: [latest, "latest-{service}"] }
`;

describe.skipIf(!engineRuns)("images of one Dockerfile", () => {
  let shop: Awaited<ReturnType<typeof startTaggedShop>>;
  let local: Place;

  beforeAll(async () => {
    shop = await startTaggedShop();
    shop.write({ Dockerfile: dockerfile, "app.txt": "app", "fardel.yaml": manifest });
    shop.git("add", "--all");
    shop.git("commit", "--quiet", "--message", "one");
    local = await shop.open("local");
  });
  afterAll(() => shop?.close());

  test("B1, B4, C4: differ by their build arguments, are in the registry before a service is made, and share layers", async () => {
    const { outcome, events } = await local.deploy();
    expect(outcome.outcome).toBe("succeeded");
    const at = (type: string) => events.findIndex((event) => event.type === type);
    const lastPush = events.findLastIndex(({ type }) => type === "image.pushed");
    expect(events.filter(({ type }) => type === "image.built")).toHaveLength(4);
    expect(lastPush).toBeLessThan(at("definition.registered"));

    const commit = shop.git("rev-parse", "HEAD");
    const layers = new Set<string>();
    for (const name of names) {
      const tagged = Object.entries(await local.tags(name));
      expect(tagged).toEqual([[expect.any(String), ["latest", `latest-${name}`]]]);
      const { images = [] } = await local.aws.ecr.batchGetImage({
        repositoryName: `cgap/${name}`,
        imageIds: [{ imageTag: "latest" }],
      });
      const { config, layers: own } = JSON.parse(images[0]?.imageManifest ?? "{}");
      for (const { digest } of own) layers.add(digest);
      expect(await variablesOf(local, name, config.digest)).toEqual(
        expect.arrayContaining([`ENTRYPOINT=${name}`, `VERSION=${commit}-1`]),
      );
    }
    expect(layers.size).toBe(1);
  });
});

async function variablesOf({ aws }: Place, name: string, digest: string): Promise<string[]> {
  const { downloadUrl = "" } = await aws.ecr.getDownloadUrlForLayer({
    repositoryName: `cgap/${name}`,
    layerDigest: digest,
  });
  const config = (await (await fetch(downloadUrl)).json()) as { config: { Env: string[] } };
  return config.config.Env;
}
