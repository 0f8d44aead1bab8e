import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ECS } from "@aws-sdk/client-ecs";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connectAws, lazyClient } from "./clients.ts";

const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const production = { environment: "production", region: "eu-west-1", credentials };

/** A server on loopback that would take whatever it is sent, and counts it. */
async function countingServer(): Promise<{ endpoint: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.setHeader("content-type", "application/x-amz-json-1.1").end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
}

describe("a request is looked at where it really goes", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "fardel-aws-"));
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(directory, { recursive: true, force: true });
    });
  });

  test("an endpoint_url in ~/.aws/config can't send a named environment to this machine", async () => {
    const { endpoint, requests } = await countingServer();
    const file = join(directory, "config");
    writeFileSync(file, `[default]\nregion = eu-west-1\nendpoint_url = ${endpoint}\n`);
    vi.stubEnv("AWS_CONFIG_FILE", file);
    vi.stubEnv("AWS_PROFILE", undefined);

    // Without the guard the SDK would obey the file: else the refusal below would show nothing.
    await new ECS({ region: "eu-west-1", credentials }).listClusters({});
    expect(requests()).toBe(1);

    await expect(connectAws(production, {}).ecs.listClusters({})).rejects.toMatchObject({
      code: "AWS_ENDPOINT_REFUSED",
      message: "A call for environment production would have gone to 127.0.0.1 instead of AWS.",
    });
    expect(requests()).toBe(1);
  });

  test("a call of `local` can't leave this machine", async () => {
    const target = { environment: "local", region: "eu-west-1", endpoint: "http://127.0.0.1:1" };
    const ecs = lazyClient<ECS>(
      target,
      "ECS",
      async () => new ECS({ region: "eu-west-1", credentials, maxAttempts: 1 }),
    );
    await expect(ecs.listClusters({})).rejects.toMatchObject({
      code: "AWS_LOCAL_NOT_LOOPBACK",
      message: "A call of the environment `local` would have gone to ecs.eu-west-1.amazonaws.com.",
    });
  });
});
