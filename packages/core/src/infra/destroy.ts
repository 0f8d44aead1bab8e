import type { Stack as DescribedStack } from "@aws-sdk/client-cloudformation";
import { verifyAccount } from "../aws/account.ts";
import type { Aws } from "../aws/clients.ts";
import type { App } from "../config/app.ts";
import type { Emit } from "../events.ts";
import type { StackKind } from "./app-stacks.ts";
import { deleteBucket } from "./delete-bucket.ts";
import { deleteStack } from "./delete-stack.ts";
import { stackCondition, stackOutputs, stackTags, tagsOf } from "./stack.ts";
import { unprotectDatabases } from "./unprotect.ts";

type FoundStacks = Partial<Record<StackKind, DescribedStack>>;

/**
 * Takes an app's infrastructure out of its environment. Its services must be gone. Databases stay, and with them the
 * network they are in and the release records, unless `data`; then everything of this app goes (on AWS each database
 * leaves a final snapshot). Registry, cluster and state stack stay as long as anything else uses them.
 */
export async function destroyInfrastructure(
  app: App,
  aws: Aws,
  emit: Emit,
  { data }: { data: boolean },
): Promise<void> {
  await verifyAccount(aws);
  const doomed = stacksToRemove(app, await allStacks(aws), data);
  await remove(aws, doomed.application, emit);
  if (doomed.data) await unprotectDatabases(aws, doomed.data, emit);
  await remove(aws, doomed.data, emit);
  await Promise.all([remove(aws, doomed.registry, emit), remove(aws, doomed.cluster, emit)]);
  // The stack would leave its bucket behind. Before it, because the stack is how the bucket is found.
  const bucket = doomed.state && stackOutputs(doomed.state).StateBucket;
  if (bucket) await deleteBucket(aws, bucket);
  await remove(aws, doomed.state, emit);
}

async function remove(aws: Aws, stack: DescribedStack | undefined, emit: Emit): Promise<void> {
  if (stack?.StackName) await deleteStack(aws, stack.StackName, emit);
}

async function allStacks(aws: Aws): Promise<DescribedStack[]> {
  const stacks: DescribedStack[] = [];
  for await (const page of aws.cloudFormation.paginateDescribeStacks({})) stacks.push(...(page.Stacks ?? []));
  return stacks.filter((stack) => stackCondition(stack) !== "absent");
}

/** Which of the account's stacks go: judged by their tags alone, so that an edited manifest can't leave one behind. */
export function stacksToRemove(app: App, all: DescribedStack[], data: boolean): FoundStacks {
  const ofApp = { [stackTags.app]: app.name };
  const ofEnvironment = { ...ofApp, [stackTags.environment]: app.environment };
  const ofCluster = { [stackTags.cluster]: app.cluster };
  const doomed: FoundStacks = {};
  let left = all.filter((stack) => tagsOf(stack)[stackTags.kind] !== undefined);
  const take = (kind: StackKind, tags: Record<string, string>) => {
    const found = ofKind(withTags(left, tags), kind)[0];
    if (found === undefined) return;
    doomed[kind] = found;
    left = left.filter((stack) => stack !== found);
  };
  take("application", ofEnvironment);
  if (data) take("data", ofEnvironment);
  if (ofKind(withTags(left, ofApp), "application").length === 0) take("registry", ofApp);
  const onCluster = withTags(left, ofCluster);
  if (onCluster.length === ofKind(onCluster, "cluster").length) take("cluster", ofCluster);
  if (left.length === ofKind(left, "state").length) take("state", {});
  return doomed;
}

function ofKind(stacks: DescribedStack[], kind: StackKind): DescribedStack[] {
  return withTags(stacks, { [stackTags.kind]: kind });
}

function withTags(stacks: DescribedStack[], tags: Record<string, string>): DescribedStack[] {
  return stacks.filter((stack) => {
    const actual = tagsOf(stack);
    return Object.entries(tags).every(([key, value]) => actual[key] === value);
  });
}
