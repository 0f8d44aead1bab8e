import { spawnSync } from "node:child_process";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import { FardelError } from "../../errors.ts";
import type { FardelEvent } from "../../events.ts";
import { descriptor } from "../release.fixture.ts";
import { hurriedTime } from "../time.fixture.ts";
import { currentHolder, underLock } from "./under-lock.ts";

/** STS, and S3 as far as a lock needs it; `calls` names what S3 was asked. */
function world({ accountId = "123456789012", deletionFails = false } = {}) {
  const calls: string[] = [];
  const events: FardelEvent[] = [];
  const aws = {
    target: { environment: "production", region: "eu-west-1", accountId: "123456789012" },
    sts: { getCallerIdentity: async () => ({ Account: accountId, Arn: `arn:aws:iam::${accountId}:user/ada` }) },
    s3: {
      async putObject() {
        calls.push("put");
        return { ETag: '"1"' };
      },
      async deleteObject() {
        calls.push("delete");
        if (deletionFails) throw new FardelError("AWS_AccessDenied", "S3 DeleteObject failed: AccessDenied");
      },
    },
  } as unknown as Aws;
  const request = {
    aws,
    descriptor,
    origin: { actor: "ada", host: "laptop" },
    emit: (event: FardelEvent) => void events.push(event),
    time: hurriedTime(),
  };
  return { request, calls, events };
}

test("does its work between taking the lock and letting it go", async () => {
  const { request, calls } = world();
  expect(await underLock(request, "deploy", async () => [...calls])).toEqual(["put"]);
  expect(calls).toEqual(["put", "delete"]);
});

test("lets go of the lock when the work fails", async () => {
  const { request, calls } = world();
  const failing = underLock(request, "deploy", async () => {
    throw new Error("no such thing");
  });
  await expect(failing).rejects.toThrow("no such thing");
  expect(calls).toEqual(["put", "delete"]);
});

test("writes nothing, the lock neither, in another account than the manifest's", async () => {
  const { request, calls } = world({ accountId: "999999999999" });
  const refused = underLock(request, "down", async () => "done");
  await expect(refused).rejects.toMatchObject({ code: "AWS_WRONG_ACCOUNT" });
  expect(calls).toEqual([]);
});

test("is no failure when only the lock can't be let go of", async () => {
  const { request, events } = world({ deletionFails: true });
  expect(await underLock(request, "deploy", async () => "done")).toBe("done");
  expect(events).toEqual([
    {
      type: "release.notice",
      message:
        "The lock frees itself within a minute, but couldn't be let go of: S3 DeleteObject failed: AccessDenied.",
    },
  ]);
});

test("a holder whose process is gone holds the lock no more, where it was one of this machine", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  const time = hurriedTime();
  const until = new Date(time.now() + 60_000).toISOString();
  const holding = async (environment: string, pid: number) => {
    const getObject = async () => ({ Body: Readable.from([JSON.stringify({ pid, until })]), ETag: '"1"' });
    const aws = { s3: { getObject } } as unknown as Aws;
    return (await currentHolder({ aws, descriptor: { ...descriptor, environment }, time }))?.pid;
  };
  expect(await holding("local", pid)).toBeUndefined();
  expect(await holding("local", process.pid)).toBe(process.pid);
  expect(await holding("production", pid)).toBe(pid);
});
