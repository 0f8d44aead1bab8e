import { localEnvironment } from "../aws/target.ts";
import type { App } from "../config/app.ts";
import { stackNames } from "./names.ts";
import { type Stack, stackTags } from "./stack.ts";
import { applicationTemplate } from "./templates/application.ts";
import { clusterTemplate } from "./templates/cluster.ts";
import { dataStackPolicy, dataTemplate, preciousTypes } from "./templates/data.ts";
import { registryTemplate } from "./templates/registry.ts";
import { stateTemplate } from "./templates/state.ts";

/** What an app needs in one environment. Data builds on the cluster, the application on all of them. */
export interface AppStacks {
  state: Stack;
  registry: Stack | undefined;
  cluster: Stack;
  data: Stack | undefined;
  application: Stack;
}

/** The stacks of an app as they should be. `local` differs from AWS in nothing but that its databases may be deleted. */
export function appStacks(app: App): AppStacks {
  const names = stackNames(app);
  const ofApp = { [stackTags.app]: app.name };
  const ofEnvironment = { ...ofApp, [stackTags.environment]: app.environment, [stackTags.cluster]: app.cluster };
  const isLocal = app.environment === localEnvironment;
  return {
    state: { name: names.state, template: stateTemplate(names.state), tags: kind("state") },
    registry: names.registry
      ? {
          name: names.registry,
          template: registryTemplate(app, names.registry),
          tags: { ...kind("registry"), ...ofApp },
          keeps: ["AWS::ECR::Repository"],
        }
      : undefined,
    cluster: {
      name: names.cluster,
      template: clusterTemplate(names.cluster),
      tags: { ...kind("cluster"), [stackTags.cluster]: app.cluster },
    },
    data: names.data
      ? {
          name: names.data,
          template: dataTemplate(app, names.data, { deletionProtection: !isLocal, finalSnapshot: !isLocal }),
          tags: { ...kind("data"), ...ofEnvironment },
          policy: dataStackPolicy,
          keeps: [...preciousTypes, "AWS::RDS::DBParameterGroup"],
        }
      : undefined,
    application: {
      name: names.application,
      template: applicationTemplate(app, names),
      tags: { ...kind("application"), ...ofEnvironment },
      // A service taken out of the manifest is still running, logging and routed to when its stack is updated. So is what uses a
      // queue, and "When you delete a queue, any messages in the queue are no longer available" (DeleteQueue).
      keeps: ["AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::Logs::LogGroup", "AWS::SQS::Queue"],
    },
  };
}

export type StackKind = keyof AppStacks;

function kind(name: StackKind): Record<string, string> {
  return { [stackTags.kind]: name };
}

/** Stacks of one step are independent of each other; each step needs the ones before it. */
export function deploymentSteps(stacks: AppStacks): Stack[][] {
  const steps = [[stacks.state, stacks.registry, stacks.cluster], [stacks.data], [stacks.application]];
  return steps
    .map((step) => step.filter((stack): stack is Stack => stack !== undefined))
    .filter((step) => step.length > 0);
}
