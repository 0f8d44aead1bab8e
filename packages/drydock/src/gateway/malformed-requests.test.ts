import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestDrydock, type TestDrydock } from "../testing.ts";

let drydock: TestDrydock;
beforeAll(async () => {
  drydock = await startTestDrydock({ keep: true, region: "us-east-1" });
  expect(await exchange(...request("PUT /bucket", signed("s3")))).toMatch(/ 200 OK/);
});
afterAll(() => drydock.close());

/** Everything the gateway says to bytes, until it closes the connection. */
function exchange(...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(drydock.endpoint).port) });
    let answer = "";
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    for (const part of parts) socket.write(part);
  });
}

function request(line: string, headers: Record<string, string>, body: string | Buffer = ""): (string | Buffer)[] {
  const lines = Object.entries({ host: "x", connection: "close", ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`, body];
}

const scope = (service: string) => `AKIA/20260101/eu-west-1/${service}/aws4_request`;
const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${scope(service)}, SignedHeaders=host, Signature=00`,
});

/** Whatever was sent: an answer of HTTP, with a code where it is a refusal, and nothing of drydock's inside in it. */
function expectClear(answer: string): void {
  expect(answer).toMatch(/^HTTP\/1\.1 [2-5]\d\d /);
  expect(answer).not.toMatch(/\.ts:\d|node:internal|\n\s+at |InternalFailure|TypeError|RangeError/);
}

describe("a signature", () => {
  const algorithm = "AWS4-HMAC-SHA256";
  test.each([
    [algorithm, "Authorization header requires 'Credential' parameter"],
    [`${algorithm} Credential=${scope("ssm")}`, "requires 'Signature' parameter"],
    [`${algorithm} Credential=AKIA/20260101/ssm, SignedHeaders=host, Signature=00`, "got 'AKIA/20260101/ssm'"],
    [`${algorithm} Credential=${scope("ssm")}/x, SignedHeaders=host, Signature=00`, "Credential must be <access key>"],
    [`${algorithm} Credential=////, SignedHeaders=host, Signature=00`, "Credential must be <access key>"],
  ])("that lacks a part is told which: %s", async (authorization, message) => {
    const answer = await exchange(...request("POST /", { authorization }, "{}"));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"__type":"IncompleteSignature"');
    expect(answer).toContain(message);
  });

  test("of a presigned URL, too", async () => {
    const answer = await exchange(...request("GET /b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA", {}));
    expect(answer).toContain('"__type":"IncompleteSignature"');
  });

  test("may be any text", async () => {
    const header = fc.string({ unit: fc.constantFrom(..."AWS4-HMC Credntial=/,;%\t0"), maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(header, async (text) => {
        expectClear(await exchange(...request("POST /", { authorization: `AWS4-HMAC-SHA256 ${text}` }, "{}")));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe("a request's URI", () => {
  test.each(["//", "//[", "//a@b:c/", "/%", "/%zz?%zz", "/v2/%2e%2e/x", "*", "http://[::1", "/?X-Amz-Credential=%"])(
    "may be %s",
    async (uri) => {
      const answer = await exchange(...request(`OPTIONS ${uri}`, {}));
      expectClear(answer);
      expect(answer).toMatch(/"(__type|code)":"\w+"/);
    },
  );
});

describe("a body", () => {
  const target = { ...signed("ssm"), "x-amz-target": "AmazonSSM.PutParameter" };

  test("that is no UTF-8 is refused in each protocol", async () => {
    const bytes = (before: string, after: string) =>
      Buffer.concat([Buffer.from(before), Buffer.of(0xff, 0xc0), Buffer.from(after)]);
    const json = request("POST /", target, bytes('{"Name":"a","Type":"String","Value":"', '"}'));
    const form = request("POST /", signed("iam"), bytes("Action=GetRole&RoleName=", ""));
    const xml = request("PUT /bucket?versioning", signed("s3"), bytes("<VersioningConfiguration>", "</V>"));
    expect(await exchange(...json)).toContain("SerializationException");
    expect(await exchange(...form)).toContain("MalformedInput");
    expect(await exchange(...xml)).toContain("MalformedXML");
  });

  test("that is too large is told so", async () => {
    const answer = await exchange(...request("POST /", target, Buffer.alloc(65 * 1024 * 1024, " ")));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain("RequestEntityTooLarge");
  }, 60_000);

  test("that nests deeper than anybody's stack is refused", async () => {
    const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
    expectClear(await exchange(...request("POST /", target, deep("[", "]"))));
    expectClear(await exchange(...request("POST /", target, `{"Name":${deep('{"a":', "}").replace("}", "1}")}}`)));
    expectClear(await exchange(...request("PUT /bucket?versioning", signed("s3"), deep("<a>", "</a>"))));
    expectClear(
      await exchange(...request("POST /", signed("iam"), `Action=GetRole&RoleName${".a".repeat(100_000)}=1`)),
    );
  }, 60_000);

  test("of XML that grows by its entities isn't expanded", async () => {
    const entities = Array.from({ length: 12 }, (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`);
    const document = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "grow">${entities.join("")}]>`;
    const body = `${document}<VersioningConfiguration><Status>&e12;</Status></VersioningConfiguration>`;
    const answer = await exchange(...request("PUT /bucket?versioning", signed("s3"), body));
    expectClear(answer);
    expect(answer).not.toContain("growgrow");
  });

  test("of a form may name any index, many times", async () => {
    const tags = Array.from({ length: 20_000 }, (_, index) => `Tags.member.${index}.Key=a`).join("&");
    const body = `Action=TagRole&RoleName=r&Tags.member.999999999.Key=a&${tags}&Tags.member.99999999999999999999.Key=b`;
    const answer = await exchange(...request("POST /", signed("iam"), body));
    expectClear(answer);
    expect(answer).toContain("<Code>ValidationError</Code>");
  });
});

describe("an aws-chunked body", () => {
  const headers = { ...signed("s3"), "content-encoding": "aws-chunked" };

  test.each([
    ["a negative size", "-5\r\nhello\r\n0\r\n\r\n", {}, "InvalidRequest"],
    ["a size with a sign", "+5\r\nhello\r\n0\r\n\r\n", {}, "InvalidRequest"],
    ["an absurd size", `${"f".repeat(40)}\r\nhello\r\n0\r\n\r\n`, {}, "InvalidRequest"],
    ["a size that never ends", "0".repeat(20_000), {}, "InvalidRequest"],
    ["a chunk longer than its size", "3\r\nhello\r\n0\r\n\r\n", {}, "InvalidRequest"],
    ["a trailer without an end", `0\r\n${"a:b\r\n".repeat(10)}${"c".repeat(20_000)}`, {}, "InvalidRequest"],
    ["another length than said", "5\r\nhello\r\n0\r\n\r\n", { "x-amz-decoded-content-length": "6" }, "IncompleteBody"],
  ])("with %s is refused", async (_name, body, more, code) => {
    const answer = await exchange(...request("PUT /bucket/key", { ...headers, ...more }, body));
    expect(answer).toContain(`<Code>${code}</Code>`);
    expect(await exchange(...request("GET /bucket/key", signed("s3")))).toContain("NoSuchKey");
  });
});
