import { createRegistryClient } from "@fardel/oci";
import { imageOf } from "@fardel/oci/registry/image-fixture.ts";
import { type RegistryFixture, startRegistryFixture } from "@fardel/oci/registry/registry-fixture.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import { appOf } from "../../config/fixture.ts";
import type { TaskDefinitionInput } from "../definitions/task-definitions.ts";
import { descriptor } from "../release.fixture.ts";
import { manualTime } from "../time.fixture.ts";
import { checkImages } from "./images.ts";

let registry: RegistryFixture;
let image: string;

beforeEach(async () => {
  registry = await startRegistryFixture();
  image = `${registry.registry}/shop/web`;
  const client = createRegistryClient();
  const { digest } = await client.push(imageOf(["layer"]), image);
  await client.tag(`${image}@${digest}`, ["1"]);
  client.close();
});
afterEach(() => registry.close());

function check(tag: string, cpuArchitecture: "ARM64" | "X86_64") {
  const reference = `${image}:${tag}`;
  const app = appOf(`app: shop\nservices:\n  web: { image: "${reference}" }\n`);
  const definition: TaskDefinitionInput = {
    family: "shop-web",
    runtimePlatform: { cpuArchitecture },
    containerDefinitions: [{ name: "web", image: reference }],
  };
  const run = { aws: { target: {} } as Aws, descriptor, time: manualTime() };
  return checkImages(run, app, new Map([["web", definition]]));
}

test("an image that is there for the processor of its tasks is no problem", async () => {
  expect(await check("1", "X86_64")).toEqual([]);
});

test("one that isn't there is", async () => {
  expect(await check("gone", "X86_64")).toMatchObject([
    {
      where: "fardel.yaml:3  services.web.image",
      message: expect.stringContaining(`the image ${image}:gone can't be used: `),
    },
  ]);
});

test("one that is made for another processor than the task definition asks for is", async () => {
  expect(await check("1", "ARM64")).toMatchObject([
    { where: "fardel.yaml:3  services.web.image", message: expect.stringMatching(/arm64/) },
  ]);
});
