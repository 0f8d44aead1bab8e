import { expect, test } from "vitest";
import { type ServiceName, services } from "../services/index.ts";
import { checkConstraints } from "./constraints.ts";
import { readServiceModel } from "./model.ts";

const names = Object.keys(services) as ServiceName[];

test("every constraint names a member that there is", async () => {
  for (const name of names) {
    const definition = await services[name]?.();
    if (!definition?.constraints) continue;
    const { operations } = readServiceModel((await definition.load()) as object);
    const inputs = [...operations.values()].filter(({ input }) => !input.isUnitSchema());
    const members = inputs.flatMap(({ name: operation, input }) =>
      [...input.structIterator()].flatMap(([member]) => [member, `${operation}.${member}`]),
    );
    const unknown = Object.keys(definition.constraints).filter((key) => !members.includes(key));
    expect({ service: name, unknown }).toEqual({ service: name, unknown: [] });
  }
});

test("what breaks a constraint is said in AWS's words, and a secret's value isn't said", async () => {
  const { operations } = readServiceModel(await import("@aws-sdk/client-ssm"));
  const put = operations.get("PutParameter");
  if (!put) throw new Error("no PutParameter");
  const constraints = {
    Name: { pattern: "[a-z]+" },
    Value: { minimum: 1 },
    Tags: { maximum: 0 },
    Tier: { values: ["Standard", "Advanced"] },
    "PutParameter.Description": { maximum: 3 },
    Description: { maximum: 1 },
  };
  const input = { Name: "A", Value: "", Tags: ["x"], Tier: "Best", Description: "abcd", KeyId: undefined };
  expect(checkConstraints(constraints, put, input).map(({ message }) => message)).toEqual([
    "Value 'A' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
    "Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1",
    "Value '[x]' at 'tags' failed to satisfy constraint: Member must have length less than or equal to 0",
    "Value 'Best' at 'tier' failed to satisfy constraint: Member must satisfy enum value set: [Standard, Advanced]",
    "Value 'abcd' at 'description' failed to satisfy constraint: Member must have length less than or equal to 3",
  ]);
});
