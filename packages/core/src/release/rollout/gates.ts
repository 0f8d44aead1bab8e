import type { DeploymentLifecycleHookAction, ServiceDeployment } from "@aws-sdk/client-ecs";
import { isAwsError } from "../../aws/errors.ts";
import type { Service } from "../../config/app.ts";
import { testUrl } from "../../infra/load-balancer-url.ts";
import { serviceAddresses } from "../routing/addresses.ts";
import type { Run } from "../run.ts";
import { isGated } from "./deployment-settings.ts";
import { type CheckTasks, checkRevision } from "./revision-check.ts";

/** What a rollout waits for before production traffic. */
export interface Gate {
  /** Whether a person has to approve, also where there is a check that passes. */
  approve: boolean;
  /** Where the new revision answers meanwhile; undefined where nothing routes test traffic to it. */
  testUrl: string | undefined;
  /** Why the new revision isn't taken; undefined when it is. Absent where nothing is checked. */
  check?: () => Promise<string | undefined>;
}

/** The gate of a service's rollout; undefined without one. */
export async function gateOf(run: Run, service: Service, tasks: CheckTasks): Promise<Gate | undefined> {
  const { name, rollout, route } = service;
  if (!isGated(rollout)) return undefined;
  const shifts = rollout.strategy !== "rolling";
  const base = shifts && route !== undefined ? await testUrl(run.aws, run.descriptor) : undefined;
  const address = serviceAddresses({ [name]: service }, base)[name]?.url;
  const gate = { approve: rollout.approve === "manual", testUrl: address };
  // At the gate of a rolling update nothing of the new revision runs yet that could be checked.
  if (rollout.check === undefined || !shifts) return gate;
  return { ...gate, check: () => checkRevision(run, service, base, tasks) };
}

/** A hook of a service deployment that waits for an answer. */
export interface WaitingHook {
  id: string;
  expires: Date | undefined;
  otherwise: "roll-back" | "continue";
}

/** The gate that a deployment waits at; undefined while it waits at none. */
export function waitingHook({ lifecycleHookDetails = [] }: ServiceDeployment): WaitingHook | undefined {
  const hook = lifecycleHookDetails.find(
    ({ targetType, status }) => targetType === "PAUSE" && status === "AWAITING_ACTION",
  );
  if (hook?.hookId === undefined) return undefined;
  const otherwise = hook.timeoutAction === "CONTINUE" ? "continue" : "roll-back";
  return { id: hook.hookId, expires: hook.expiresAt, otherwise };
}

/** Answers a gate. False when it waits no more: somebody else was faster, or its time is up. */
export async function answerGate(
  { aws }: Pick<Run, "aws">,
  serviceDeploymentArn: string,
  hookId: string,
  action: DeploymentLifecycleHookAction,
): Promise<boolean> {
  try {
    await aws.ecs.continueServiceDeployment({ serviceDeploymentArn, hookId, action });
    return true;
  } catch (error) {
    if (["ClientException", "ConflictException"].some((name) => isAwsError(error, name))) return false;
    throw error;
  }
}
