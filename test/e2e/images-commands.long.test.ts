import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fardel, resultOf, succeed } from "../command-line.ts";

const root = mkdtempSync(join(tmpdir(), "fardel-images-commands-"));
const place = { directory: join(root, "shop"), home: join(root, "home") };

const manifest = `app: shop
images: { app: { build: ., builder: node } }
services:
  web: { image: app, command: [node, server.js] }
release: { tags: ["{environment}", "r{release}"] }
environments: { local: {}, staging: {} }
`;

function write(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place.directory, name), content);
}

beforeAll(async () => {
  for (const directory of [place.directory, place.home]) mkdirSync(directory, { recursive: true });
  write({
    "package.json": JSON.stringify({ name: "shop", version: "1.0.0" }),
    "server.js": "setInterval(() => {}, 1000)",
    "fardel.yaml": manifest,
  });
  await succeed(place, "local", "start", "--port", "0", "--runtime", "simulated", "--time-scale", "60");
  await succeed(place, "up");
});
afterAll(async () => {
  await fardel(place, "local", "stop");
  rmSync(root, { recursive: true, force: true });
});

describe("fardel images", () => {
  test("E13: size shows layers and biggest parts, and the difference to what serves", async () => {
    const same = resultOf(await succeed(place, "images", "size", "--json")).images[0];
    expect(same).toMatchObject({
      image: "app",
      serving: { release: 1, digest: same.digest, sizeBytes: same.sizeBytes },
      layers: [{ createdBy: "fardel: app source", serves: true, sizeBytes: expect.any(Number) }],
    });
    write({ "big.txt": "0".repeat(100_000) });
    const bigger = resultOf(await succeed(place, "images", "size", "--json")).images[0];
    expect(bigger.biggest[0]).toEqual({ path: "app/big.txt", sizeBytes: 100_000 });
    expect(bigger.layers).toEqual([expect.objectContaining({ serves: false })]);
    const { stdout } = await succeed(place, "images", "size");
    expect(stdout).toMatch(
      /^app {2}[\d.]+ kB compressed, sha256:[0-9a-f]{64}\n\d+ B more than in release 1, which serves\n/,
    );
    rmSync(join(place.directory, "big.txt"));
  });

  test("B4, C8: build, push and list work by hand", async () => {
    write({ "server.js": "setInterval(() => {}, 2000)" });
    const built = resultOf(await succeed(place, "images", "build", "--json")).images[0];
    const pushed = resultOf(await succeed(place, "images", "push", "--tag", "try", "--only", "app", "--json"))
      .images[0];
    expect(pushed).toEqual({
      image: "app",
      digest: built.digest,
      reference: expect.stringMatching(/\/shop\/app@sha256:/),
      tags: ["try"],
    });
    const listed = resultOf(await succeed(place, "images", "list", "--json")).images;
    expect(listed.map(({ tags, releases }: { tags: string[]; releases: object[] }) => ({ tags, releases }))).toEqual([
      { tags: ["try"], releases: [] },
      { tags: ["local", "r1"], releases: [{ environment: "local", number: 1, serves: true }] },
    ]);
    const { stdout } = await succeed(place, "images", "list");
    expect(stdout).toMatch(
      /^image +digest +size +pushed +releases +tags\napp +sha256:[0-9a-f]{12} .* try\n.* local 1 serves +local r1\n$/,
    );
  });

  test("E9: deploy takes what has a tag, or tells which there are", async () => {
    const { outcome } = resultOf(await succeed(place, "deploy", "--tag", "try", "--json"));
    expect(outcome).toBe("succeeded");
    const [image] = resultOf(await succeed(place, "images", "list", "--json")).images;
    expect(image.tags).toEqual(["local", "r2", "try"]);
    const missing = await fardel(place, "deploy", "--tag", "v9");
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain("No image app has the tag v9.");
    expect(missing.stderr).toMatch(/There are, newest first: .*try/);
  });

  test("an image that the manifest doesn't have is bad usage", async () => {
    const { exitCode, stderr } = await fardel(place, "images", "build", "--only", "ap");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("shop has no image ap; did you mean app?");
  });

  test("an environment isn't promoted to itself", async () => {
    const { exitCode, stderr } = await fardel(place, "promote", "local", "local");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("local can't be promoted to itself.");
  });
});
