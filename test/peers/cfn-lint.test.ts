import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { appStacks, deploymentSteps } from "../../packages/core/src/infra/app-stacks.ts";
import { shop, tinyShop } from "../../packages/core/src/infra/shop.fixture.ts";
import { templateBody } from "../../packages/core/src/infra/stack.ts";
import { describeWith } from "./tools.ts";

const run = promisify(execFile);

/** RDS takes a bare major version and picks its default minor; cfn-lint only lists full ones, and so thinks 16 is gone. */
const ignored = ["W3691"];

describeWith("cfn-lint", "every template", () => {
  test("gives cfn-lint nothing to say", async () => {
    const directory = await mkdtemp(join(tmpdir(), "fardel-cfn-lint-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
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
});
