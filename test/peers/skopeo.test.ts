import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { startTestDrydock } from "@fardel/drydock/testing.ts";
import { expect, test } from "vitest";
import { describeWith } from "./tools.ts";
import { openRegistry, pushWebImage } from "./web-image.ts";

const run = promisify(execFile);

describeWith("skopeo", "a foreign registry client", () => {
  test("logs in, pulls what fardel has pushed, and pushes it as an OCI and as a Docker image", async () => {
    const drydock = await startTestDrydock();
    const { ecr, createRepository, password } = await openRegistry(drydock);
    const repositoryUri = await createRepository("shop/web");
    await createRepository("shop/copy");
    const digest = await pushWebImage(drydock.directory, repositoryUri, password);

    const login = `AWS:${password}`;
    const { host } = new URL(drydock.endpoint);
    const layout = `oci:${join(drydock.directory, "layout")}:one`;
    const skopeo = async (...args: string[]) => (await run("skopeo", args)).stdout;
    await skopeo("copy", "--src-tls-verify=false", "--src-creds", login, `docker://${host}/shop/web:one`, layout);
    const push = (tag: string, ...options: string[]) =>
      skopeo("copy", "--dest-tls-verify=false", ...options, layout, `docker://${host}/shop/copy:${tag}`);
    await push("oci", "--dest-creds", login);
    await push("docker", "--dest-creds", login, "--format", "v2s2");
    const { imageDetails = [] } = await ecr.describeImages({ repositoryName: "shop/copy" });
    expect(Object.fromEntries(imageDetails.map((image) => [image.imageTags, image.imageManifestMediaType]))).toEqual({
      oci: "application/vnd.oci.image.manifest.v1+json",
      docker: "application/vnd.docker.distribution.manifest.v2+json",
    });
    expect(imageDetails.map(({ imageDigest }) => imageDigest)).toContain(digest);

    const inspected = await skopeo(
      "inspect",
      "--tls-verify=false",
      "--creds",
      login,
      `docker://${host}/shop/copy:docker`,
    );
    expect(JSON.parse(inspected)).toMatchObject({ RepoTags: ["docker", "oci"], Env: ["NODE_ENV=production"] });
    await expect(push("none", "--dest-creds", "AWS:wrong")).rejects.toThrow("403 (Forbidden)");
  });
});
