import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, onTestFinished, test } from "vitest";
import { startTestDrydock } from "../testing.ts";
import { ask } from "./ask.fixture.ts";

const refusals = [
  ["GET", "nothing", {}, 404, "UnknownPath"],
  ["GET", "toString", {}, 404, "UnknownPath"],
  ["DELETE", "time-scale", {}, 405, "WrongMethod"],
  ["PUT", "time-scale", { body: "scale" }, 400, "InvalidBody"],
  ["PUT", "time-scale", { body: [60] }, 400, "InvalidBody"],
  ["PUT", "time-scale", { body: { scale: 60, speed: 1 } }, 400, "UnknownMember"],
  ["PUT", "time-scale", { body: { scale: 0 } }, 400, "InvalidValue"],
  ["PUT", "time-scale", { body: { scale: "60" } }, 400, "InvalidValue"],
  ["GET", "status", { headers: { host: "evil.example:4566" } }, 403, "ForeignHost"],
  ["POST", "reset", { headers: { origin: "https://evil.example" } }, 403, "WebPage"],
  ["POST", "reset", { headers: { origin: "null" } }, 403, "WebPage"],
  ["GET", "status", { headers: { "sec-fetch-site": "cross-site" } }, 403, "WebPage"],
] as const;

test("refuses what it doesn't know and who it isn't for, and says what it would take", async () => {
  const { endpoint } = await startTestDrydock();
  for (const [method, path, options, status, code] of refusals) {
    const answer = await ask(endpoint, method, path, options);
    expect(answer, `${method} ${path} ${JSON.stringify(options)}`).toMatchObject({ status, body: { error: { code } } });
  }
  expect((await ask(endpoint, "PUT", "time-scale", { body: { scale: 5000 } })).body).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "InvalidValue",
        "expected": "a number from 1 to 1000",
        "message": "5000 is no time scale.",
        "path": "scale",
      },
    }
  `);
});

test("answers by any of this machine's own names", async () => {
  const { endpoint } = await startTestDrydock();
  for (const host of ["127.0.0.1", "localhost:4566", "[::1]:4566"]) {
    expect(await ask(endpoint, "GET", "status", { headers: { host } })).toMatchObject({ status: 200 });
  }
});

test("a faster clock is kept with the directory, and clients never see its time", async () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-admin-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { endpoint, client, close } = await startTestDrydock({ directory, keep: true, timeScale: 500 });
  const ssm = client(SSMClient);
  const seen = async (name: string) => {
    const before = Date.now();
    await ssm.send(new PutParameterCommand({ Name: name, Value: "x", Type: "String" }));
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    const modified = Parameter?.LastModifiedDate?.getTime() ?? 0;
    return modified >= before - 1000 && modified <= Date.now() + 1000;
  };
  expect(await seen("/a")).toBe(true);
  expect(await ask(endpoint, "PUT", "time-scale", { body: { scale: 1000 } })).toEqual({
    status: 200,
    body: { scale: 1000 },
  });
  expect(await seen("/b")).toBe(true);
  await close();
  const again = await startTestDrydock({ directory });
  expect((await ask(again.endpoint, "GET", "time-scale")).body).toEqual({ scale: 1000 });
});

test("a reset leaves an empty region at the same address", async () => {
  const { endpoint, client } = await startTestDrydock({ timeScale: 7 });
  const ssm = client(SSMClient);
  await ssm.send(new PutParameterCommand({ Name: "/a", Value: "x", Type: "String" }));
  const [reset, status] = await Promise.all([ask(endpoint, "POST", "reset"), ask(endpoint, "GET", "status")]);
  expect(reset).toEqual({ status: 200, body: { reset: true } });
  expect(status.body).toMatchObject({ region: "eu-west-1", accountId: "000000000000" });
  await expect(ssm.send(new GetParameterCommand({ Name: "/a" }))).rejects.toMatchObject({ name: "ParameterNotFound" });
  await ssm.send(new PutParameterCommand({ Name: "/a", Value: "y", Type: "String" }));
  expect((await ask(endpoint, "GET", "time-scale")).body).toEqual({ scale: 7 });
});
