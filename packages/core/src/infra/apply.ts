import { verifyAccount } from "../aws/account.ts";
import type { Aws } from "../aws/clients.ts";
import type { App } from "../config/app.ts";
import type { Emit } from "../events.ts";
import { appStacks, deploymentSteps } from "./app-stacks.ts";
import { type DeployedStack, deployStack } from "./deploy-stack.ts";
import { type EnvironmentDescriptor, readDescriptor } from "./descriptor.ts";
import { prepareStack } from "./prepare-stack.ts";
import { ensureServiceLinkedRoles } from "./service-linked-roles.ts";
import type { Stack } from "./stack.ts";

/**
 * Brings all stacks of an app in its environment to what the manifest says, independent ones at the same time, and
 * returns the descriptor they write. Nothing changed costs one DescribeStacks per stack. Throws a FardelError.
 */
export async function applyInfrastructure(app: App, aws: Aws, emit: Emit): Promise<EnvironmentDescriptor> {
  await verifyAccount(aws);
  const stacks = appStacks(app);
  const steps = await Promise.all(
    deploymentSteps(stacks).map((step) => Promise.all(step.map((stack) => prepareStack(aws, stack)))),
  );
  await ensureServiceLinkedRoles(aws, steps.flat(), emit);
  const deployed = new Map<string, DeployedStack>();
  const upload = (stack: Stack) => (body: string) =>
    uploadTemplate(aws, deployed.get(stacks.state.name)?.outputs.StateBucket ?? "", stack.name, body);
  for (const step of steps) {
    await allSettled(
      step.map(async ({ stack, current }) => {
        deployed.set(stack.name, await deployStack(aws, stack, current, upload(stack), emit));
      }),
    );
  }
  const changed = steps.flat().filter(({ stack }) => deployed.get(stack.name)?.outcome !== "unchanged");
  await Promise.all(changed.map(({ stack }) => upload(stack)(JSON.stringify(stack.template, null, 2))));
  return await readDescriptor(aws, app.name, app.environment);
}

/** Waits for all, so that no deployment goes on unwatched, then throws the first failure. */
async function allSettled(promises: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

/** Keeps the template in the state bucket, whose versions are the history, and gives the URL CloudFormation reads it by. */
async function uploadTemplate(aws: Aws, bucket: string, stack: string, body: string): Promise<string> {
  const key = `infra/${stack}.json`;
  await aws.s3.putObject({ Bucket: bucket, Key: key, Body: body, ContentType: "application/json" });
  const { endpoint, region } = aws.target;
  return endpoint === undefined
    ? `https://${bucket}.s3.${region}.amazonaws.com/${key}`
    : new URL(`/${bucket}/${key}`, endpoint).href;
}
