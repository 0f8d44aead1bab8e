import { join } from "node:path";
import { expect, test } from "vitest";
import { manifestFromYaml, resolveApp } from "../config/load.ts";
import { buildArguments } from "./build-image.ts";

function argumentsOf(args: string) {
  // Nothing is built: any file will do as the Dockerfile.
  const text = `
app: shop
region: eu-west-1
images: { web: { build: ., dockerfile: package.json, args: ${args} } }
services: { web: { image: web, port: 80, route: { path: /* } } }
`;
  const file = join(import.meta.dirname, "..", "..", "fardel.yaml");
  const { web } = resolveApp(manifestFromYaml({ name: "fardel.yaml", text }, file), "local").images;
  return web ?? { name: "web", args: {} };
}

test("build arguments have their references looked up", async () => {
  const build = argumentsOf('{ ENTRYPOINT: wsgi, VERSION: "${commit}-${release}", STAGE: "${environment}" }');
  expect(await buildArguments(build, { commit: "c0ffee", release: Promise.resolve(7) })).toEqual({
    ENTRYPOINT: "wsgi",
    VERSION: "c0ffee-7",
    STAGE: "local",
  });
});

test("only a build that names the release waits for it", async () => {
  const never = new Promise<number>(() => {});
  expect(await buildArguments(argumentsOf('{ A: "${commit}" }'), { commit: "c0ffee", release: never })).toEqual({
    A: "c0ffee",
  });
});

test("outside a release there is no number", async () => {
  await expect(
    buildArguments(argumentsOf('{ A: "${release}" }'), { commit: "", release: undefined }),
  ).rejects.toMatchObject({ code: "IMAGE_ARGUMENT", exitCode: 2 });
});

test("an address isn't known when an image is built, which the manifest's check says", () => {
  expect(() => argumentsOf('{ A: "${services.web.url}" }')).toThrowError(
    expect.objectContaining({ why: expect.stringContaining("it is known only when the release is made") }),
  );
});
