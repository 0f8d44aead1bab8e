import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { App } from "../config/app.ts";
import { manifestFromYaml, resolveApp } from "../config/load.ts";
import { type BuiltFrom, checkTags, imageTags } from "./tags.ts";

const commit = "3f1da1ea9b3f4d5c6a7b8c9d0e1f2a3b4c5d6e7f";

function appOf(tags: string[], environment = "staging"): App {
  const text = `
app: shop
region: eu-west-1
images: { app: { build: ., builder: node }, other: { build: ., builder: node } }
services: { web: { image: app }, worker: { image: app }, api: { image: other } }
tasks: { deployment: { image: app } }
environments: { staging: {}, production: {} }
release:
  tags: ${JSON.stringify(tags)}
`;
  // Any directory with a package.json will do.
  const directory = join(import.meta.dirname, "..", "..");
  return resolveApp(manifestFromYaml({ name: "fardel.yaml", text }, join(directory, "fardel.yaml")), environment);
}

function tagsOf(templates: string[], source: BuiltFrom, { image = "app", names = all, environment = "staging" } = {}) {
  return imageTags(appOf(templates, environment), image, new Set(names), source, 12).map(({ tag }) => tag);
}

const all = ["web", "worker", "api", "deployment"];

describe("tags of an image", () => {
  test("A2: are made by rules of the stage", () => {
    expect(tagsOf(["pr-{pr}"], { pr: "7" })).toEqual(["pr-7"]);
    expect(tagsOf(["{environment}-{commit}"], { commit })).toEqual([`staging-${commit}`]);
    expect(tagsOf(["prod-{tag}"], { tag: "v1.2.3" }, { environment: "production" })).toEqual(["prod-v1.2.3"]);
    expect(tagsOf(["{branch}", "r{release}"], { branch: "main" })).toEqual(["main", "r12"]);
  });

  test("B4: are one for each service and task that runs it, and is released", () => {
    expect(tagsOf(["latest", "latest-{service}"], {})).toEqual([
      "latest",
      "latest-web",
      "latest-worker",
      "latest-deployment",
    ]);
    expect(tagsOf(["latest-{service}"], {}, { image: "other" })).toEqual(["latest-api"]);
    expect(tagsOf(["latest-{service}"], {}, { names: ["worker"] })).toEqual(["latest-worker"]);
  });

  test("of files that differ from the commit say so, and may move", () => {
    const app = appOf(["{commit}", "{tag}", "{environment}"]);
    const source: BuiltFrom = { commit, tag: "v1", dirty: true };
    expect(imageTags(app, "app", new Set(all), source, 12)).toEqual([
      { tag: `${commit}-dirty`, movable: true },
      { tag: "v1-dirty", movable: true },
      { tag: "staging", movable: true },
    ]);
  });

  test("that name one content for good don't move; those that say what serves do", () => {
    const templates = ["{environment}-{commit}", "{tag}", "{release}", "{environment}", "{branch}", "latest"];
    const tags = imageTags(appOf(templates), "app", new Set(all), { commit, tag: "v1", branch: "main" }, 12);
    expect(tags.map(({ movable }) => movable)).toEqual([false, false, false, true, true, true]);
  });

  test("have - for what a tag can't have, and don't begin with it", () => {
    expect(tagsOf(["{branch}", "{tag}"], { branch: "feature/Ünï", tag: "v1.0+build.5" })).toEqual([
      "feature-n-",
      "v1.0-build.5",
    ]);
    expect(tagsOf(["{branch}"], { branch: "-.x" })).toEqual(["x"]);
  });

  test("leave out templates with a value that isn't known, as when images come by their tag", () => {
    expect(tagsOf(["{commit}", "{environment}"], {})).toEqual(["staging"]);
  });

  test("outside a release have no number", () => {
    expect(imageTags(appOf(["r{release}", "{commit}"]), "app", new Set(all), { commit }, undefined)).toEqual([
      { tag: commit, movable: false },
    ]);
  });
});

describe("before anything moves", () => {
  test("a value that isn't known is told with its place and where it comes from", () => {
    expect(() => checkTags(appOf(["{environment}", "pr-{pr}"]), { commit })).toThrowError(
      expect.objectContaining({
        code: "IMAGE_TAG",
        message: "The image tag pr-{pr} can't be made: there is no {pr} here.",
        where: "fardel.yaml:9  release.tags[1]",
        why: "Nothing was changed.",
        fix: "It comes from CI: GITHUB_REF (refs/pull/7/merge), BITBUCKET_PR_ID or CI_MERGE_REQUEST_IID.",
        exitCode: 2,
      }),
    );
  });

  test("all of them are told at once", () => {
    expect(() => checkTags(appOf(["{tag}", "{branch}"]), {})).toThrowError(
      expect.objectContaining({
        where: "fardel.yaml:9  release.tags[0]",
        why: "Likewise:\n\nfardel.yaml:9  release.tags[1]\n  The image tag {branch} can't be made: there is no {branch} here.\n\nNothing was changed.",
      }),
    );
  });

  test("a tag that would be too long, or empty, is refused", () => {
    expect(() => checkTags(appOf(["{branch}"]), { branch: "b".repeat(129) })).toThrowError(
      "The image tag {branch} can't be made: it has 129 characters, and 128 are allowed.",
    );
    expect(() => checkTags(appOf(["{branch}"]), { branch: "ÄÖÜ" })).toThrowError(
      "The image tag {branch} can't be made: nothing of it is left.",
    );
    expect(() => checkTags(appOf(["{environment}-{commit}"]), { commit })).not.toThrow();
  });
});
