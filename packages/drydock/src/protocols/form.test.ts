import * as ec2 from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { QueryShapeSerializer } from "@aws-sdk/core/protocols";
import { describe, expect, test } from "vitest";
import { readForm } from "./form.ts";
import { readServiceModel } from "./model.ts";

const models = { ec2: readServiceModel(ec2), elb: readServiceModel(elb) };

/** What an SDK client would send for an input, read back by the server. */
function roundTrip(service: "ec2" | "elb", operation: string, input: object): object {
  const isEc2 = service === "ec2";
  const schema = models[service].operations.get(operation)?.input;
  if (!schema) throw new Error(`no operation ${operation}`);
  const serializer = new QueryShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 },
    httpBindings: false,
    xmlNamespace: "",
    serviceNamespace: "",
    serializeEmptyLists: !isEc2,
    ...(isEc2 && { capitalizeKeys: true, flattenLists: true, ec2: true }),
  } as never);
  serializer.write(schema, input);
  return readForm(new URLSearchParams(String(serializer.flush())), schema, isEc2);
}

describe("a form is read back as the client's input", () => {
  test.each([
    ["elb", "DescribeLoadBalancers", { Names: ["a", "b"], PageSize: 5 }],
    ["elb", "DescribeLoadBalancers", { Names: [] }],
    [
      "elb",
      "CreateRule",
      {
        ListenerArn: "arn",
        Priority: 10,
        Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/a&b=c", "/ü*"] } }],
        Actions: [
          {
            Type: "forward",
            ForwardConfig: {
              TargetGroups: [{ TargetGroupArn: "t", Weight: 0 }],
              TargetGroupStickinessConfig: { Enabled: false },
            },
          },
        ],
      },
    ],
    ["ec2", "DescribeVpcs", { VpcIds: ["vpc-1"], Filters: [{ Name: "tag:a", Values: ["b", "c"] }], MaxResults: 5 }],
    [
      "ec2",
      "AuthorizeSecurityGroupIngress",
      {
        GroupId: "sg-1",
        IpPermissions: [
          { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "all" }] },
        ],
      },
    ],
    [
      "ec2",
      "CreateVpc",
      { CidrBlock: "10.0.0.0/16", TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "a", Value: "" }] }] },
    ],
  ] as const)("%s %s %j", (service, operation, input) => {
    expect(roundTrip(service, operation, input)).toEqual(input);
  });
});

test("keys that are no members, or reach for an object's prototype, change nothing", () => {
  const schema = models.elb.operations.get("DescribeLoadBalancers")?.input;
  const form = new URLSearchParams(
    "__proto__.polluted=1&constructor.prototype.x=1&Nonsense.member.1=2&Names.member.1=a",
  );
  expect(schema && readForm(form, schema, false)).toEqual({ Names: ["a"] });
  expect(({} as { polluted?: string }).polluted).toBeUndefined();
});

test("a form that nests without end is refused", () => {
  const schema = models.elb.operations.get("DescribeLoadBalancers")?.input;
  const form = new URLSearchParams([["a".concat(".b".repeat(100_000)), "1"]]);
  expect(() => schema && readForm(form, schema, false)).toThrow("nests too deep");
});
