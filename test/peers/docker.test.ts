import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startTestDrydock } from "@fardel/drydock/testing.ts";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "./tools.ts";
import { openRegistry, pushWebImage } from "./web-image.ts";

const run = promisify(execFile);

describeWith("docker", "a container engine", () => {
  test("logs in, pulls what fardel has pushed, pushes its own, and pulls that again", async () => {
    const drydock = await startTestDrydock();
    const { ecr, createRepository, password } = await openRegistry(drydock);
    const repositoryUri = await createRepository("shop/web");
    const pushed = await pushWebImage(drydock.directory, repositoryUri, password);
    const DOCKER_CONFIG = join(drydock.directory, "docker");
    mkdirSync(DOCKER_CONFIG);
    const docker = async (...args: string[]) =>
      (await run("docker", args, { env: { ...process.env, DOCKER_CONFIG } })).stdout.trim();
    const login = (word: string) => {
      const child = run(
        "docker",
        ["login", "--username", "AWS", "--password-stdin", repositoryUri.split("/")[0] ?? ""],
        {
          env: { ...process.env, DOCKER_CONFIG },
        },
      );
      child.child.stdin?.end(word);
      return child;
    };
    await expect(login("wrong")).rejects.toThrow(/denied|unauthorized|403|401/i);
    expect((await login(password)).stdout).toContain("Login Succeeded");

    const [theirs, own] = [`${repositoryUri}:one`, `${repositoryUri}:two`];
    onTestFinished(async () => {
      await docker("rmi", "--force", theirs, own, `${repositoryUri}@${pushed}`).catch(() => {});
    });
    expect(await docker("pull", theirs)).toContain(pushed);

    const file = join(drydock.directory, "file");
    writeFileSync(file, "an image of nothing but this file\n");
    const archive = join(drydock.directory, "root.tar");
    await run("tar", ["-cf", archive, "-C", drydock.directory, "file"]);
    await docker("import", archive, own);
    await docker("push", own);
    const { imageDetails = [] } = await ecr.describeImages({
      repositoryName: "shop/web",
      imageIds: [{ imageTag: "two" }],
    });
    const digest = imageDetails[0]?.imageDigest ?? "";
    await docker("rmi", own);
    expect(await docker("pull", own)).toContain(digest);
  });
});
