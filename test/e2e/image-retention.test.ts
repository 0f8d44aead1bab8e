import { manifestFromYaml, resolveApp } from "@fardel/core/config/load.ts";
import { fakeEcr } from "@fardel/core/images/fake-ecr.fixture.ts";
import { putTags } from "@fardel/core/images/put-tags.ts";
import { releasesKept, releaseTag, removeOldReleaseTags } from "@fardel/core/images/release-tags.ts";
import { registryTemplate } from "@fardel/core/infra/templates/registry.ts";
import { expiries, parseLifecyclePolicy } from "@fardel/drydock/services/ecr/lifecycle.ts";
import fc from "fast-check";
import { expect, test } from "vitest";

const day = 24 * 60 * 60 * 1000;
const repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web";

/** The lifecycle policy that the registry's template gives each repository. */
function policy() {
  const text = "app: shop\nregion: eu-west-1\nimages: { web: { build: ., builder: node } }\n";
  // Any directory with a package.json will do.
  const file = `${import.meta.dirname}/../../fardel.yaml`;
  const app = resolveApp(manifestFromYaml({ name: "fardel.yaml", text }, file), "local");
  const properties = registryTemplate(app, "shop-registry").Resources.WebRepository?.Properties;
  const policy = properties?.LifecyclePolicy as { LifecyclePolicyText: string } | undefined;
  return parseLifecyclePolicy(policy?.LifecyclePolicyText ?? "");
}

/** One day in the life of a repository. */
const event = fc.record({
  environment: fc.constantFrom("prod", "prod-2", "staging"),
  /** A new build, or one of the images there were, as in a rollback or where nothing has changed. */
  image: fc.oneof(fc.constant("new" as const), fc.nat(60)),
  /** Otherwise only pushed, as by a release that was refused. */
  released: fc.boolean(),
  days: fc.nat(20),
});

test("no image of a release that is kept ever expires, and what nothing holds on to does", async () => {
  const rules = policy();
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 250, size: "max" }), async (events) => {
      const { ecr, ...registry } = fakeEcr();
      const releases = new Map<string, string[]>();
      let now = 0;
      let built = 0;
      for (const { environment, image, released, days } of events) {
        now += days * day;
        const known = registry.images.length;
        const reused = image === "new" || known === 0 ? undefined : registry.images[image % known];
        const digest = reused?.digest ?? `sha256:${built++}`;
        registry.push(digest, now);
        if (released) {
          const numbered = [...(releases.get(environment) ?? []), digest];
          releases.set(environment, numbered);
          const release = { environment, number: numbered.length };
          await putTags(ecr, repository, digest, [releaseTag(release), { tag: environment, movable: true }]);
          await removeOldReleaseTags(ecr, repository, release);
        }
        const looked = registry.images.map((each) => ({ ...each, tags: [...each.tags], referenced: false }));
        const expired = new Set(expiries(rules, looked, now).map(({ image: { digest: gone } }) => gone));
        for (const gone of expired)
          registry.images.splice(
            registry.images.findIndex((each) => each.digest === gone),
            1,
          );

        const there = new Set(registry.images.map((each) => each.digest));
        const kept = [...releases.values()].flatMap((digests) => digests.slice(-releasesKept));
        expect(kept.filter((each) => !there.has(each))).toEqual([]);
        const held = new Set(kept);
        const left = registry.images.filter((each) => !held.has(each.digest) && each.tags.size === 0);
        expect(left.filter(({ pushedAt }) => now - pushedAt.getTime() > 14 * day)).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
