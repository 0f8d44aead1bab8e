import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import { startTestDrydock } from "@fardel/drydock/testing.ts";
import { expect, test } from "vitest";
import { describeWith } from "./tools.ts";
import { pushWebImage } from "./web-image.ts";

const run = promisify(execFile);

describeWith("skopeo", "a foreign registry client", () => {
  test("logs in, pulls what fardel has pushed, and pushes it as an OCI and as a Docker image", async () => {
    const drydock = await startTestDrydock();
    const ecr = drydock.client(ECRClient);
    const created = await ecr.send(new CreateRepositoryCommand({ repositoryName: "shop/web" }));
    await ecr.send(new CreateRepositoryCommand({ repositoryName: "shop/copy" }));
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const login = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64").toString();
    const digest = await pushWebImage(
      drydock.directory,
      created.repository?.repositoryUri ?? "",
      login.replace("AWS:", ""),
    );

    const { host } = new URL(drydock.endpoint);
    const layout = `oci:${join(drydock.directory, "layout")}:one`;
    const skopeo = async (...args: string[]) => (await run("skopeo", args)).stdout;
    await skopeo("copy", "--src-tls-verify=false", "--src-creds", login, `docker://${host}/shop/web:one`, layout);
    const push = (tag: string, ...options: string[]) =>
      skopeo("copy", "--dest-tls-verify=false", ...options, layout, `docker://${host}/shop/copy:${tag}`);
    await push("oci", "--dest-creds", login);
    await push("docker", "--dest-creds", login, "--format", "v2s2");
    const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: "shop/copy" }));
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
