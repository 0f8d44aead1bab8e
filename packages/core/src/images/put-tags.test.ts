import { describe, expect, test } from "vitest";
import { FardelError } from "../errors.ts";
import { fakeEcr } from "./fake-ecr.fixture.ts";
import { putTags } from "./put-tags.ts";
import { readReleaseTag, releasesKept, releaseTag, removeOldReleaseTags } from "./release-tags.ts";

const uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web";
const put = (repository: ReturnType<typeof fakeEcr>, digest: string, ...tags: [tag: string, movable: boolean][]) =>
  putTags(
    repository.ecr,
    uri,
    digest,
    tags.map(([tag, movable]) => ({ tag, movable })),
  );

describe("tags in ECR", () => {
  test("that say what serves move, those that name one content stay", async () => {
    const repository = fakeEcr();
    repository.push("sha256:a", 0);
    repository.push("sha256:b", 0);
    expect(await put(repository, "sha256:a", ["staging", true], ["c0ffee", false])).toEqual({
      put: ["staging", "c0ffee"],
      kept: [],
    });
    expect(await put(repository, "sha256:b", ["staging", true], ["c0ffee", false], ["beef", false])).toEqual({
      put: ["staging", "beef"],
      kept: ["c0ffee"],
    });
    expect(repository.tagsOf("sha256:a")).toEqual(["c0ffee"]);
    expect(repository.tagsOf("sha256:b")).toEqual(["beef", "staging"]);
  });

  test("that are there already are not put again", async () => {
    const repository = fakeEcr();
    repository.push("sha256:a", 0);
    await put(repository, "sha256:a", ["staging", true]);
    expect(await put(repository, "sha256:a", ["staging", true])).toEqual({ put: [], kept: [] });
    expect(repository.puts).toBe(1);
  });

  test("stay where the repository doesn't let them move", async () => {
    const repository = fakeEcr({ immutable: true });
    repository.push("sha256:a", 0);
    repository.push("sha256:b", 0);
    await put(repository, "sha256:a", ["staging", true]);
    expect(await put(repository, "sha256:b", ["staging", true])).toEqual({ put: [], kept: ["staging"] });
  });

  test("of an image that isn't there are an error", async () => {
    await expect(put(fakeEcr(), "sha256:a", ["staging", true])).rejects.toThrow(FardelError);
  });
});

describe("tags of releases", () => {
  test("are read as they are written, whatever the environment is called", () => {
    for (const release of [
      { environment: "prod", number: 1 },
      { environment: "prod-1", number: 22 },
    ])
      expect(readReleaseTag(releaseTag(release).tag)).toEqual(release);
    for (const other of ["release-prod-1", "fardel-release-prod", "fardel-release-prod-01", "prod"])
      expect(readReleaseTag(other)).toBeUndefined();
  });

  test("are taken away when the release is too old, of this environment only", async () => {
    const repository = fakeEcr();
    repository.push("sha256:a", 0);
    repository.push("sha256:b", 0);
    const tag = (environment: string, number: number) => releaseTag({ environment, number });
    await putTags(repository.ecr, uri, "sha256:a", [tag("prod", 1), tag("prod", 2)]);
    await putTags(repository.ecr, uri, "sha256:b", [tag("prod", 1 + releasesKept), tag("staging", 1)]);
    await removeOldReleaseTags(repository.ecr, uri, { environment: "prod", number: releasesKept });
    expect(repository.tagsOf("sha256:a")).toHaveLength(2);
    await removeOldReleaseTags(repository.ecr, uri, { environment: "prod", number: 1 + releasesKept });
    expect(repository.tagsOf("sha256:a")).toEqual([tag("prod", 2).tag]);
    await removeOldReleaseTags(repository.ecr, uri, { environment: "prod", number: 2 + releasesKept });
    // ECR deletes an image with its last tag.
    expect(repository.images.map(({ digest }) => digest)).toEqual(["sha256:b"]);
    expect(repository.tagsOf("sha256:b")).toHaveLength(2);
  });
});
