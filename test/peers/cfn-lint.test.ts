import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appStacks, deploymentSteps } from "../../packages/core/src/infra/app-stacks.ts";
import { shop, tinyShop } from "../../packages/core/src/infra/shop.fixture.ts";
import { templateBody } from "../../packages/core/src/infra/stack.ts";

const run = promisify(execFile);
const installed = spawnSync("cfn-lint", ["--version"]).status === 0;
const required = process.env.FARDEL_PEERS === "require";
if (!installed && !required) console.warn("cfn-lint is not installed: the templates are not checked by it.");

/** RDS takes a bare major version and picks its default minor; cfn-lint only lists full ones, and so thinks 16 is gone. */
const ignored = ["W3691"];

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fardel-cfn-lint-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

test.skipIf(!installed && !required)("cfn-lint finds nothing to say about any template", async () => {
  const apps = { production: shop, local: { ...shop, environment: "local" }, tiny: tinyShop };
  const files: string[] = [];
  for (const [name, app] of Object.entries(apps)) {
    for (const stack of deploymentSteps(appStacks(app)).flat()) {
      const file = join(directory, `${name}-${stack.name}.json`);
      await writeFile(file, templateBody(stack));
      files.push(file);
    }
  }
  const { stdout } = await run("cfn-lint", ["--regions", "eu-west-1", "--ignore-checks", ...ignored, "--", ...files]);
  expect(stdout).toBe("");
  expect(files).toHaveLength(13);
});
