import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { startTestDrydock } from "../../testing.ts";

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const document = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
});
const executionPolicy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

test("a role holds inline and attached policies, and goes only without them", async () => {
  const iam = (await startTestDrydock()).client(IAMClient);
  const RoleName = "tasks";
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust, Tags: [{ Key: "a", Value: "b" }] }),
  );
  expect(Role).toMatchObject({ Arn: "arn:aws:iam::000000000000:role/tasks", MaxSessionDuration: 3600 });
  await expect(iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))).rejects.toMatchObject({
    name: "EntityAlreadyExistsException",
  });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "read", PolicyDocument: document }));
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: executionPolicy }));
  const inline = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "read" }));
  expect(decodeURIComponent(inline.PolicyDocument ?? "")).toBe(document);
  const attached = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  expect(attached.AttachedPolicies).toEqual([
    { PolicyArn: executionPolicy, PolicyName: "AmazonECSTaskExecutionRolePolicy" },
  ]);
  await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject({
    name: "DeleteConflictException",
  });
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: executionPolicy }));
  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "read" }));
  await iam.send(new DeleteRoleCommand({ RoleName }));
  await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({ name: "NoSuchEntityException" });
});

test("a managed policy has versions, one of them in force", async () => {
  const iam = (await startTestDrydock()).client(IAMClient);
  const made = await iam.send(new CreatePolicyCommand({ PolicyName: "p", PolicyDocument: document }));
  const PolicyArn = made.Policy?.Arn;
  const newer = document.replace("GetObject", "PutObject");
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: newer, SetAsDefault: true }));
  const version = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v2" }));
  expect(version.PolicyVersion?.IsDefaultVersion).toBe(true);
  expect(decodeURIComponent(version.PolicyVersion?.Document ?? "")).toContain("PutObject");
  await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject({
    name: "DeleteConflictException",
  });
});

test("documents that are no policies are refused", async () => {
  const iam = (await startTestDrydock()).client(IAMClient);
  for (const text of ["{", "{}", '{"Statement":[{"Effect":"Maybe"}]}']) {
    await expect(iam.send(new CreatePolicyCommand({ PolicyName: "p", PolicyDocument: text }))).rejects.toMatchObject({
      name: "MalformedPolicyDocumentException",
    });
  }
  await expect(
    iam.send(new AttachRolePolicyCommand({ RoleName: "none", PolicyArn: executionPolicy })),
  ).rejects.toMatchObject({ name: "NoSuchEntityException" });
});

test("a region that was reset is an account in which no service has its role yet", async () => {
  const drydock = await startTestDrydock();
  const iam = drydock.client(IAMClient);
  const create = () => iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" }));
  await create();
  await expect(create()).rejects.toMatchObject({ name: "InvalidInputException" });
  await fetch(`${drydock.endpoint}/_drydock/reset`, { method: "POST" });
  await expect(iam.send(new GetRoleCommand({ RoleName: "AWSServiceRoleForECS" }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
  });
  expect((await create()).Role?.Arn).toBe(
    "arn:aws:iam::000000000000:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
  );
});
