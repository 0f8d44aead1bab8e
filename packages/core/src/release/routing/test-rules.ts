import type { ReleasedConfiguration } from "../records/record.ts";
import type { Run } from "../run.ts";
import {
  changeRule,
  createRule,
  desiredRules,
  isAsDesired,
  pairTargetGroups,
  priorities,
  readRulesOf,
  routesOf,
  setPriorities,
} from "./listener-rules.ts";

/**
 * Has the test listener route as the production listener will: a rule per service whose traffic ECS shifts, which may answer for
 * the new revision before production traffic does. Rules without such a service any more go. What they say has no part in
 * what serves, so that they are made when they are needed and never put back.
 *
 * @param services those that are about to be rolled out; where ECS shifts the traffic of none of them, nothing is called.
 * @returns ARN by service.
 */
export async function prepareTestRules(
  run: Run,
  configuration: Pick<ReleasedConfiguration, "services">,
  services: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const { aws, descriptor } = run;
  const shifting = Object.values(configuration.services).filter(
    ({ rollout, route }) => route !== undefined && rollout.strategy !== "rolling",
  );
  if (!shifting.some(({ name }) => services.has(name))) return new Map();
  const rules = await readRulesOf(aws, descriptor.loadBalancer?.listeners.test);
  const alternates = new Map(
    shifting.flatMap(({ name }) => {
      const alternate = descriptor.alternateTargetGroups[name];
      return alternate === undefined ? [] : [[name, alternate] as const];
    }),
  );
  const wanted = desiredRules(routesOf(configuration), descriptor.targetGroups, alternates).filter(({ service }) =>
    alternates.has(service),
  );
  const kept = new Set(wanted.map(({ service }) => service));
  const own = new Map([...rules.own].filter(([service]) => kept.has(service) || service in configuration.services));
  for (const [service, { arn }] of rules.own) {
    if (own.has(service)) continue;
    run.check();
    await aws.elbv2.deleteRule({ RuleArn: arn });
  }
  const others = [...own].filter(([service]) => !kept.has(service)).map(([, { priority }]) => priority);
  const places = priorities([...kept], new Set([...rules.foreign, ...others]));
  const moved = [...own].flatMap(([service, { arn, priority }]) => {
    const place = places.get(service) ?? priority;
    return place === priority ? [] : [{ arn, priority: place }];
  });
  run.check();
  await setPriorities(aws, moved);
  const arns = new Map<string, string>();
  for (const desired of wanted) {
    const there = own.get(desired.service);
    run.check();
    if (there === undefined) {
      const made = await createRule(aws, descriptor, rules.listener, desired, places.get(desired.service) ?? 1);
      arns.set(desired.service, made.arn);
      continue;
    }
    const paired = await pairTargetGroups(aws, there, desired);
    arns.set(desired.service, paired.arn);
    if (!isAsDesired(paired, desired)) await changeRule(aws, paired, desired);
  }
  return arns;
}
