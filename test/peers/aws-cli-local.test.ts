import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { clientEnvironment } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";

const run = promisify(execFile);
const launcher = resolve(import.meta.dirname, "..", "..", "packages", "cli", "bin", "fardel.js");

describeWith("aws", "the AWS CLI in a shell of its user", () => {
  test('reaches the embedded region after `eval "$(fardel local env)"`, and what it made is there after a restart', async () => {
    const state = mkdtempSync(join(tmpdir(), "fardel-local-"));
    const {
      AWS_ENDPOINT_URL: _,
      FARDEL_LOCAL_STATE: __,
      ...env
    } = clientEnvironment({ endpoint: "", region: "us-east-1" });
    const fardel = `"${process.execPath}" "${launcher}"`;
    const shell = async (script: string) =>
      (await run("sh", ["-e", "-c", script], { env: { ...env, XDG_STATE_HOME: state } })).stdout.trim().split("\n");
    onTestFinished(async () => {
      await shell(`${fardel} local reset --yes`);
      rmSync(state, { recursive: true, force: true });
    });

    await shell(`${fardel} local start --port 0`);
    const [arn, cluster] = await shell(`
      eval "$(${fardel} local env)"
      aws sts get-caller-identity --query Arn --output text
      aws ecs create-cluster --cluster-name main --query cluster.clusterArn --output text
    `);
    expect(arn).toBe("arn:aws:iam::000000000000:root");
    expect(cluster).toBe("arn:aws:ecs:eu-west-1:000000000000:cluster/main");

    const clusters = await shell(`
      eval "$(${fardel} local env)"
      ${fardel} local stop >&2
      ${fardel} local start >&2
      aws ecs list-clusters --query clusterArns --output text
    `);
    expect(clusters).toEqual([cluster]);
  });
});
