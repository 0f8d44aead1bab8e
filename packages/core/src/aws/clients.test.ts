import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { verifyAccount } from "./account.ts";
import { connectAws, lazyClient } from "./clients.ts";

const target = { environment: "local", region: "eu-west-1", endpoint: "http://127.0.0.1:1" };

interface FakeClient {
  describeThing(input: { Name: string }): Promise<string>;
  paginateThings(input: object): AsyncIterable<number>;
}

function fakeClient(): FakeClient {
  return {
    async describeThing({ Name }) {
      if (Name === "missing") throw Object.assign(new Error("no such thing"), { name: "NotFound" });
      return `thing ${Name}`;
    },
    async *paginateThings() {
      yield 1;
      yield 2;
      throw Object.assign(new Error("slow down"), { name: "ThrottlingException" });
    },
  };
}

describe("lazyClient", () => {
  test("loads a client once, at its first call", async () => {
    let loads = 0;
    const client = lazyClient<FakeClient>(target, "Things", async () => {
      loads += 1;
      return fakeClient();
    });
    expect(loads).toBe(0);
    expect(await Promise.all([client.describeThing({ Name: "a" }), client.describeThing({ Name: "b" })])).toEqual([
      "thing a",
      "thing b",
    ]);
    expect(loads).toBe(1);
  });

  test("wraps what a call and what a page throws", async () => {
    const client = lazyClient<FakeClient>(target, "Things", async () => fakeClient());
    await expect(client.describeThing({ Name: "missing" })).rejects.toMatchObject({
      code: "AWS_NotFound",
      message: "Things DescribeThing failed: NotFound",
    });
    const pages: number[] = [];
    await expect(
      (async () => {
        for await (const page of client.paginateThings({})) pages.push(page);
      })(),
    ).rejects.toMatchObject({ code: "AWS_ThrottlingException", message: "Things Things failed: ThrottlingException" });
    expect(pages).toEqual([1, 2]);
  });
});

describe("connectAws", () => {
  const servers: { close(): void }[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** Answers each request with the next status; the last one for good. */
  async function answering(...answers: { status: number; body: string; type: string }[]) {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      request.resume().on("end", () => {
        response.writeHead(answer?.status ?? 500, { "content-type": answer?.type }).end(answer?.body);
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    return { requests, aws: connectAws({ ...target, endpoint: `http://127.0.0.1:${port}` }, {}) };
  }

  const xml = "text/xml";
  const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
    <Arn>arn:aws:iam::000000000000:root</Arn><UserId>1</UserId><Account>000000000000</Account>
    </GetCallerIdentityResult></GetCallerIdentityResponse>`;
  const xmlError = (code: string) =>
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${code}!</Message></Error></ErrorResponse>`;

  test("repeats a call on throttling and 5xx", async () => {
    const { aws, requests } = await answering(
      { status: 400, body: xmlError("Throttling"), type: xml },
      { status: 503, body: xmlError("ServiceUnavailable"), type: xml },
      { status: 200, body: identity, type: xml },
    );
    expect(await verifyAccount(aws)).toEqual({ accountId: "000000000000", arn: "arn:aws:iam::000000000000:root" });
    expect(requests).toHaveLength(3);
    expect(aws.calls.counts()).toEqual({ STS: { GetCallerIdentity: 3 } });
  });

  test("doesn't repeat what AWS refuses", async () => {
    const { aws, requests } = await answering({ status: 403, body: xmlError("AccessDenied"), type: xml });
    await expect(verifyAccount(aws)).rejects.toMatchObject({ code: "AWS_AccessDenied", why: "AccessDenied!" });
    expect(requests).toHaveLength(1);
  });

  test("names buckets in the path when there is an endpoint", async () => {
    const { aws, requests } = await answering({ status: 200, body: "{}", type: "application/json" });
    const { Body } = await aws.s3.getObject({ Bucket: "state", Key: "locks/web" });
    expect(await Body?.transformToString()).toBe("{}");
    expect(requests).toEqual(["GET /state/locks/web?x-id=GetObject"]);
  });

  test("refuses another account than the manifest's before anything is written", async () => {
    const { aws } = await answering({ status: 200, body: identity, type: xml });
    const elsewhere = { ...aws, target: { ...aws.target, environment: "production", accountId: "123456789012" } };
    await expect(verifyAccount(elsewhere)).rejects.toMatchObject({
      code: "AWS_WRONG_ACCOUNT",
      message: "These credentials belong to account 000000000000, not 123456789012.",
      where: "environments.production.account",
    });
  });
});
