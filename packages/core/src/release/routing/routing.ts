import type { RuleChange, ServiceChange } from "../changes.ts";
import type { ReleasedConfiguration } from "../records/record.ts";
import { type ServiceSettings, withRules } from "../rollout/service-settings.ts";
import type { Run } from "../run.ts";
import {
  attachTargetGroup,
  changeRule,
  type DesiredRule,
  describeConditions,
  desiredRules,
  type ExistingRule,
  type ListenerRules,
  pairTargetGroups,
  priorities,
  routesOf,
  setPriorities,
} from "./listener-rules.ts";
import { prepareTestRules } from "./test-rules.ts";

/** The listener's rules during a release: what there is now, and how to get back to what there was. */
export interface Routing {
  /** Puts the target groups of these services behind the listener, without traffic, and makes the rules for test traffic. */
  attach(services: ReadonlySet<string>): Promise<void>;
  /** A service's settings with the rules that ECS is to shift its traffic by. */
  complete(change: ServiceChange): ServiceSettings;
  /** Sends the traffic of these services where the release wants it. */
  route(services: ReadonlySet<string>): Promise<void>;
  /** Takes out the rules that the release doesn't want. */
  clear(): Promise<void>;
  /** Puts everything back that can be, then throws what has first gone wrong. */
  undo(): Promise<void>;
}

export function routingOf(
  run: Run,
  rules: ListenerRules,
  changes: readonly RuleChange[],
  configuration: Pick<ReleasedConfiguration, "services">,
): Routing {
  const own = new Map(rules.own);
  const testRules = new Map<string, string>();
  const undone: (() => Promise<void>)[] = [];
  const { aws, descriptor, emit } = run;
  const forServices = (services: ReadonlySet<string>) =>
    changes.flatMap(({ service, action, desired }) =>
      services.has(service) && action !== "delete" && desired ? [{ action, desired }] : [],
    );

  const attach = async (desired: DesiredRule) => {
    run.check();
    const rule = await attachTargetGroup(aws, descriptor, { ...rules, own }, desired);
    own.set(desired.service, rule);
    undone.push(() => remove(desired.service, rule));
  };
  const remove = async (service: string, rule: ExistingRule) => {
    run.check();
    await aws.elbv2.deleteRule({ RuleArn: rule.arn });
    own.delete(service);
    emit({ type: "rule.changed", service, action: "delete", conditions: describeConditions(rule.conditions) });
  };

  return {
    async attach(services) {
      // One after the other: each needs a priority of its own.
      for (const { action, desired } of forServices(services)) {
        const rule = own.get(desired.service);
        if (action === "create") await attach(desired);
        else if (rule) {
          run.check();
          own.set(desired.service, await pairTargetGroups(aws, rule, desired));
        }
      }
      for (const [service, arn] of await prepareTestRules(run, configuration, services)) testRules.set(service, arn);
    },

    complete({ name, settings }) {
      const production = own.get(name);
      return production === undefined ? settings : withRules(settings, production.arn, testRules.get(name));
    },

    async route(services) {
      run.check();
      await order(run, rules, own, configuration);
      for (const { action, desired } of forServices(services)) {
        const rule = own.get(desired.service);
        if (!rule) continue;
        run.check();
        await changeRule(aws, rule, desired);
        emit({
          type: "rule.changed",
          service: desired.service,
          action: action === "create" ? "create" : "update",
          conditions: describeConditions(desired.conditions),
        });
        const { conditions, targetGroup } = rule;
        if (action === "update" && targetGroup !== undefined) {
          const { alternate } = desired;
          undone.push(async () => {
            run.check();
            await changeRule(aws, rule, { conditions, targetGroup, ...(alternate !== undefined && { alternate }) });
          });
        }
      }
    },

    async clear() {
      for (const { service, action, existing } of changes)
        if (action === "delete" && existing) await remove(service, existing);
    },

    async undo() {
      const failures: unknown[] = [];
      // One rule that can't be put back is no reason to leave the others; each step sees for itself whether it may write.
      for (const step of undone.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** Brings the rules into the order of their routes. Where it is right already, as nearly always, nothing is called. */
async function order(
  run: Run,
  rules: ListenerRules,
  own: Map<string, ExistingRule>,
  configuration: Pick<ReleasedConfiguration, "services">,
): Promise<void> {
  const wanted = desiredRules(routesOf(configuration), run.descriptor.targetGroups)
    .map(({ service }) => service)
    .filter((service) => own.has(service));
  // A rule that goes at the end of the release keeps its place until then.
  const kept = [...own].filter(([service]) => !wanted.includes(service)).map(([, { priority }]) => priority);
  const assigned = priorities(wanted, new Set([...rules.foreign, ...kept]));
  const changed = [...assigned].flatMap(([service, priority]) => {
    const rule = own.get(service);
    return rule && rule.priority !== priority ? [{ service, rule: { ...rule, priority } }] : [];
  });
  await setPriorities(
    run.aws,
    changed.map(({ rule }) => rule),
  );
  for (const { service, rule } of changed) own.set(service, rule);
}
