import { describe, expect, test } from "vitest";
import type { ImageBuild } from "../config/app.ts";
import { libcOf, nodeBase, nodeMajor } from "./node-base.ts";

describe("the major version of Node", () => {
  test.each([
    [undefined, 24],
    ["*", 24],
    [">=18", 24],
    [">=22.13", 24],
    ["^22.1.0", 22],
    ["22", 22],
    ["v20.11.1", 20],
    ["20.x", 20],
    ["~18.2", 18],
    [">=18 <23", 22],
    [">=18 <24.0.0", 22],
    [">=18 <24.5", 24],
    [">= 20 <= 21", 20],
    [">24", 26],
    ["18 - 20", 20],
    ["^18.17.0 || >=20.3.0", 24],
    ["16 || 18", 18],
    ["25", 25],
    ["whatever", 24],
  ])("for engines.node %s is %d", (range, major) => {
    expect(nodeMajor(range)).toBe(major);
  });
});

describe("the base image", () => {
  const build: ImageBuild = {
    name: "api",
    builder: "node",
    context: import.meta.dirname,
    dockerfile: undefined,
    target: undefined,
    args: {},
    base: undefined,
    platform: { os: "linux", architecture: "amd64" },
  };

  test("is Node's own, from AWS's mirror", async () => {
    expect(await nodeBase(build, "production")).toBe("public.ecr.aws/docker/library/node:24-slim");
  });

  test("is none in the embedded region, unless it is named", async () => {
    expect(await nodeBase(build, "local")).toBeUndefined();
    expect(await nodeBase({ ...build, base: "node:24-alpine" }, "local")).toBe("node:24-alpine");
  });

  test("tells its C library by its name", () => {
    expect([undefined, "node:24-slim", "node:24-alpine"].map(libcOf)).toEqual([undefined, undefined, "musl"]);
  });
});
