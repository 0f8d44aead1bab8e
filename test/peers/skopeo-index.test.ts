import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startTestDrydock } from "@fardel/drydock/testing.ts";
import { expect, test } from "vitest";
import { describeWith } from "./tools.ts";
import { openRegistry, pushWebImage } from "./web-image.ts";

const run = promisify(execFile);

describeWith("skopeo", "a foreign registry client, with an image for two platforms", () => {
  test("copies the index with both manifests, inspects one of them, and deletes it", async () => {
    const drydock = await startTestDrydock();
    const { ecr, createRepository, password } = await openRegistry(drydock);
    const repositoryUri = await createRepository("shop/web");
    await pushWebImage(drydock.directory, repositoryUri, password);
    const layout = join(drydock.directory, "layout");
    const credentials = (end: string) => [`--${end}tls-verify=false`, `--${end}creds`, `AWS:${password}`];
    const skopeo = async (...args: string[]) => (await run("skopeo", args)).stdout;
    const remote = (tag: string) => `docker://${repositoryUri}:${tag}`;
    await skopeo("copy", ...credentials("src-"), remote("one"), `oci:${layout}:one`);
    const index = addIndex(layout);

    await skopeo("copy", "--all", ...credentials("dest-"), `oci:${layout}:all`, remote("all"));
    expect(JSON.parse(await skopeo("inspect", "--raw", ...credentials(""), remote("all")))).toEqual(index.document);
    const { imageDetails = [] } = await ecr.describeImages({
      repositoryName: "shop/web",
      imageIds: [{ imageTag: "all" }],
    });
    expect(imageDetails[0]).toMatchObject({
      imageDigest: index.digest,
      imageManifestMediaType: "application/vnd.oci.image.index.v1+json",
    });
    const arm = await skopeo("inspect", "--override-arch", "arm64", ...credentials(""), remote("all"));
    expect(JSON.parse(arm)).toMatchObject({ Digest: index.digest, Env: ["NODE_ENV=production"] });

    await skopeo("delete", ...credentials(""), remote("all"));
    await expect(skopeo("inspect", ...credentials(""), remote("all"))).rejects.toThrow("manifest unknown");
    expect(JSON.parse(await skopeo("inspect", ...credentials(""), remote("one"))).RepoTags).toEqual(["one"]);
  });
});

/** Adds to an OCI layout of one image, under the name `all`, an index with that image for two platforms. */
function addIndex(layout: string): { digest: string; document: object } {
  const readJson = (...path: string[]) => JSON.parse(readFileSync(join(layout, ...path), "utf8"));
  const addBlob = (document: object) => {
    const content = JSON.stringify(document);
    const hash = createHash("sha256").update(content).digest("hex");
    writeFileSync(join(layout, "blobs/sha256", hash), content);
    return { digest: `sha256:${hash}`, size: Buffer.byteLength(content) };
  };
  const [image] = readJson("index.json").manifests;
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = readJson("blobs/sha256", image.digest.replace("sha256:", ""));
  const manifests = ["amd64", "arm64"].map((architecture) => {
    const blob = addBlob({ ...manifest, annotations: { architecture } });
    return { mediaType, ...blob, platform: { architecture, os: "linux" } };
  });
  const indexType = "application/vnd.oci.image.index.v1+json";
  const document = { schemaVersion: 2, mediaType: indexType, manifests };
  const index = addBlob(document);
  const named = { mediaType: indexType, ...index, annotations: { "org.opencontainers.image.ref.name": "all" } };
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [image, named] }));
  return { digest: index.digest, document };
}
