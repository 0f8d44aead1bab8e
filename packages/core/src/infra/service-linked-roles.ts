// In a new account the roles that ECS and RDS act in don't exist. Each service makes its own at the first cluster or
// database, takes it on at once, and commonly fails, since IAM hasn't spread it yet: "Unable to assume
// the service linked role. Please verify that the ECS service linked role exists." (cloudformation-coverage-roadmap#818),
// "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise wait and try
// again later" (RDS; https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html).
// Elastic Load Balancing and Application Auto Scaling make theirs likewise, and no such failure is known of them.
import { setTimeout as sleep } from "node:timers/promises";
import type { Aws } from "../aws/clients.ts";
import { isAccessDenied, isAwsError } from "../aws/errors.ts";
import { localEnvironment } from "../aws/target.ts";
import type { Emit } from "../events.ts";
import type { StackKind } from "./app-stacks.ts";
import type { PreparedStack } from "./prepare-stack.ts";
import { stackCondition, stackTags } from "./stack.ts";

interface ServiceLinkedRole {
  service: string;
  name: string;
}

const roleOfKind: { [kind in StackKind]?: ServiceLinkedRole } = {
  cluster: { service: "ecs.amazonaws.com", name: "AWSServiceRoleForECS" },
  data: { service: "rds.amazonaws.com", name: "AWSServiceRoleForRDS" },
};

/** How often a new role is looked for, a second apart, before going on without having seen it. */
const looks = 30;
/**
 * In ms. Having read a role isn't enough: "Any changes that you make in IAM … take time to become visible from all
 * possible endpoints" (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html), and nobody says how long.
 */
const settlingTime = 15_000;

/**
 * Makes the service-linked roles that the stacks about to be created will need, where the account lacks them, and waits
 * until IAM knows them everywhere (not in the embedded region, which knows at once). A caller who may not look, or not
 * make them, goes on: they may be there, and if not the service says so. Asks nothing when no such stack is new.
 */
export async function ensureServiceLinkedRoles(
  aws: Aws,
  stacks: PreparedStack[],
  emit: Emit,
  wait: (ms: number) => Promise<unknown> = sleep,
): Promise<void> {
  const needed = stacks.flatMap(({ stack, current }) => {
    const role = roleOfKind[stack.tags[stackTags.kind] as StackKind];
    return role !== undefined && isNew(current) ? [role] : [];
  });
  const made = await Promise.all(needed.map(async (role) => ((await make(aws, role)) ? [role] : [])));
  const fresh = made.flat();
  if (fresh.length === 0 || aws.target.environment === localEnvironment) return;
  const names = fresh.map(({ name }) => name).join(" and ");
  emit({
    type: "release.notice",
    message: `Made ${names}, which this account lacked: waiting until all of AWS knows.`,
  });
  await Promise.all(fresh.map((role) => untilSeen(aws, role, wait)));
  await wait(settlingTime);
}

function isNew(current: PreparedStack["current"]): boolean {
  return ["absent", "empty", "never created"].includes(stackCondition(current));
}

/** Says whether the role is new: made by this call, or by somebody else since it was looked for in vain. */
async function make(aws: Aws, role: ServiceLinkedRole): Promise<boolean> {
  const found = await look(aws, role);
  if (found === "there") return false;
  try {
    await aws.iam.createServiceLinkedRole({ AWSServiceName: role.service });
    return true;
  } catch (error) {
    if (isAccessDenied(error)) return false;
    // "Service role name … has been taken in this account": nothing else of this input can be invalid.
    if (isAwsError(error, "InvalidInputException")) return found === "missing";
    throw error;
  }
}

async function look(aws: Aws, { name }: ServiceLinkedRole): Promise<"there" | "missing" | "hidden"> {
  try {
    await aws.iam.getRole({ RoleName: name });
    return "there";
  } catch (error) {
    if (isAwsError(error, "NoSuchEntityException")) return "missing";
    if (isAccessDenied(error)) return "hidden";
    throw error;
  }
}

async function untilSeen(aws: Aws, role: ServiceLinkedRole, wait: (ms: number) => Promise<unknown>): Promise<void> {
  for (let count = 0; count < looks && (await look(aws, role)) === "missing"; count++) await wait(1_000);
}
