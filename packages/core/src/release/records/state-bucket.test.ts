import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import { wrapAwsError } from "../../aws/errors.ts";
import { stateBucket } from "./state-bucket.ts";

interface Answer {
  /** AWS's error name; unless given, the write succeeds. */
  refusal?: string;
  /** How often the SDK has sent the request. */
  attempts?: number;
}

/** S3 that has one document, and answers writes in turn. */
function world(answers: Answer[], stored?: { text: string; etag: string }) {
  let writes = 0;
  const s3 = {
    async putObject() {
      const { refusal, attempts = 1 } = answers[writes++] ?? {};
      if (refusal === undefined) return { ETag: '"new"' };
      const error = Object.assign(new Error(refusal), { name: refusal, $metadata: { attempts } });
      throw wrapAwsError(error, {
        target: { environment: "production", region: "eu-west-1" },
        service: "S3",
        operation: "PutObject",
        input: {},
      });
    },
    async getObject() {
      return { Body: stored && Readable.from([stored.text]), ETag: stored?.etag };
    },
  };
  const bucket = stateBucket({ s3 } as unknown as Pick<Aws, "s3">, "state");
  return { bucket, writes: () => writes };
}

const ours = { text: '{\n  "holder": "ada"\n}\n', etag: '"ours"' };

test("says that somebody else was there first", async () => {
  const { bucket } = world([{ refusal: "PreconditionFailed" }], { text: '{ "holder": "grace" }', etag: '"hers"' });
  expect(await bucket.write("key", { holder: "ada" }, undefined)).toBeUndefined();
});

test("knows its own write again whose first answer was lost", async () => {
  const { bucket } = world([{ refusal: "PreconditionFailed", attempts: 2 }], ours);
  expect(await bucket.write("key", { holder: "ada" }, '"old"')).toBe('"ours"');
});

test("takes nothing for its own that it has sent only once, or that says something else", async () => {
  expect(
    await world([{ refusal: "PreconditionFailed" }], ours).bucket.write("key", { holder: "ada" }, undefined),
  ).toBeUndefined();
  const hers = world([{ refusal: "PreconditionFailed", attempts: 2 }], {
    text: '{ "holder": "grace" }',
    etag: '"hers"',
  });
  expect(await hers.bucket.write("key", { holder: "ada" }, undefined)).toBeUndefined();
});

test("writes again after a conflict, which decides nothing", async () => {
  const conflict = { refusal: "ConditionalRequestConflict" };
  const { bucket, writes } = world([conflict, {}]);
  expect(await bucket.write("key", { holder: "ada" }, '"old"')).toBe('"new"');
  expect(writes()).toBe(2);
});

test("doesn't write for ever against conflicts", async () => {
  const { bucket, writes } = world(Array.from({ length: 50 }, () => ({ refusal: "ConditionalRequestConflict" })));
  await expect(bucket.write("key", {}, undefined)).rejects.toMatchObject({ code: "AWS_ConditionalRequestConflict" });
  expect(writes()).toBe(5);
});

test("a body that breaks off before it is read is asked for again", async () => {
  let asked = 0;
  const s3 = {
    async getObject() {
      asked += 1;
      const Body = Readable.from(['{"whole":true}']);
      if (asked === 1) Body.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" })).on("error", () => {});
      if (asked === 2) Body.destroy();
      return { Body, ETag: '"tag"' };
    },
  };
  const bucket = stateBucket({ s3 } as unknown as Pick<Aws, "s3">, "state");
  expect(await bucket.read("key")).toEqual({ value: { whole: true }, etag: '"tag"' });
  expect(asked).toBe(3);
});
