import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import { startTestDrydock } from "../testing.ts";

const authorization = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=00`;

async function post(endpoint: string, service: string | undefined, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(endpoint, {
    method: "POST",
    body,
    headers: { ...(service && { authorization: authorization(service) }), ...headers },
  });
  return { status: response.status, text: await response.text() };
}

describe("what can't be answered is said in the service's own format", () => {
  test.each([
    [
      "an operation that isn't built",
      "ssm",
      "{}",
      { "x-amz-target": "AmazonSSM.CreateOpsItem" },
      501,
      "NotImplemented",
    ],
    [
      "an operation there never was",
      "ssm",
      "{}",
      { "x-amz-target": "AmazonSSM.Nonsense" },
      404,
      "UnknownOperationException",
    ],
    ["no operation at all", "iam", "", {}, 404, "<Code>UnknownOperationException</Code>"],
    ["a service that isn't there", "polly", "{}", {}, 501, "UnsupportedService"],
    ["a service named like an object's method", "constructor", "{}", {}, 501, "UnsupportedService"],
    ["no signature", undefined, "{}", {}, 403, "MissingAuthenticationToken"],
    ["JSON that is none", "ssm", "{", { "x-amz-target": "AmazonSSM.GetParameter" }, 400, "SerializationException"],
    ["JSON that is a list", "ssm", "[]", { "x-amz-target": "AmazonSSM.GetParameter" }, 400, "SerializationException"],
    [
      "a member of the wrong type",
      "ssm",
      '{"Name":[1]}',
      { "x-amz-target": "AmazonSSM.GetParameter" },
      400,
      "Member must be a string",
    ],
    [
      "a required member left out",
      "ssm",
      "{}",
      { "x-amz-target": "AmazonSSM.GetParameter" },
      400,
      "Value null at 'name'",
    ],
    [
      "a required parameter of a form",
      "ec2",
      "Action=CreateSubnet&CidrBlock=10.0.0.0/24",
      {},
      400,
      "<Code>MissingParameter</Code>",
    ],
    ["several of them", "iam", "Action=CreateRole", {}, 400, "2 validation errors detected"],
  ])("%s", async (_name, service, body, headers, status, expected) => {
    const { endpoint } = await startTestDrydock();
    const answer = await post(endpoint, service, body, headers as Record<string, string>);
    expect(answer.text).toContain(expected);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(".ts:");
  });

  test("XML that is none", async () => {
    const { endpoint } = await startTestDrydock();
    const url = `${endpoint}/bucket?versioning`;
    const headers = { authorization: authorization("s3") };
    await fetch(`${endpoint}/bucket`, { method: "PUT", headers });
    const response = await fetch(url, { method: "PUT", body: "<Versioning", headers });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("<Code>MalformedXML</Code>"),
    ]);
  });
});

test("a presigned URL says its service, too", async () => {
  const { endpoint } = await startTestDrydock();
  const query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Feu-west-1%2Fs3%2Faws4_request";
  const response = await fetch(`${endpoint}/none/key?${query}`);
  expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("NoSuchBucket")]);
});

test("a region opened again has what was written, and listens on loopback only", async () => {
  const drydock = await startTestDrydock();
  expect(new URL(drydock.endpoint).hostname).toBe("127.0.0.1");
  const ssm = drydock.client(SSMClient);
  await expect(ssm.send(new GetParameterCommand({ Name: "x" }))).rejects.toMatchObject({ name: "ParameterNotFound" });
  await expect(startTestDrydock({ directory: drydock.directory })).rejects.toThrow("another drydock is running");
});
