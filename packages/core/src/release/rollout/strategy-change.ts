import type { LoadBalancer, ServiceDeployment } from "@aws-sdk/client-ecs";
import type { ServiceChange } from "../changes.ts";
import { type CurrentService, describeServices } from "../current.ts";
import { ecsServiceName, lastPart } from "../names.ts";
import type { Run } from "../run.ts";
import { plainRolling, shiftsTraffic } from "./deployment-settings.ts";
import { refusedRollout } from "./refused-rollout.ts";
import { newestDeployments } from "./service-deployments.ts";
import { primaryOf, type StartedRollout, serviceDeployments, startPreparation } from "./services.ts";
import { type EndedRollout, watchRollouts } from "./watch.ts";

type Changing = Pick<ServiceChange, "name" | "settings" | "current">;

/** The services of a wave, as they are when they may get their strategies. */
export interface ReadyServices {
  changes: ServiceChange[];
  /** Rolling updates that were to make them ready, all of them, where one hasn't come to serve: then nothing new may be rolled out. */
  failed: EndedRollout[];
}

/**
 * Has services that roll so far ready for a strategy that shifts traffic: "If your service uses Elastic Load Balancing, update your
 * service with the new advancedConfiguration and start a rolling deployment", of what they run already. Once in a service's life,
 * since it keeps its second target group. One without a load balancer needs nothing of the kind: "If your service uses none of
 * these, then no additional operation is needed."
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-rolling-to-bluegreen.html
 *
 * The rules of the listener have to name both target groups by then.
 */
export async function readyForStrategies(run: Run, changes: readonly ServiceChange[]): Promise<ReadyServices> {
  const between = await Promise.all(changes.map((change) => betweenDeployments(run, change)));
  const unprepared = between.filter(lacksSecondTargetGroup);
  if (unprepared.length === 0) return { changes: between, failed: [] };
  const begun = await Promise.all(unprepared.map((change) => prepare(run, change)));
  const refused = begun.filter((each): each is EndedRollout => "result" in each);
  const rollouts = begun.filter((each): each is StartedRollout => !("result" in each));
  const ended = [...refused, ...(await watchRollouts(run, rollouts, refused.length > 0))];
  if (ended.some(({ result }) => result !== "serving")) return { changes: between, failed: ended };
  const prepared = new Set(unprepared.map(({ name }) => name));
  return {
    changes: await Promise.all(between.map((each) => (prepared.has(each.name) ? asItIsNow(run, each) : each))),
    failed: [],
  };
}

/**
 * A change, once no deployment is under way that its service would begin or cease to shift traffic in the middle of: "Wait for any
 * current deployments to complete" (rolling to blue/green), "You cannot migrate a service to rolling deployment if it has an ongoing
 * deployment" (back again). One that shifts traffic may bake, or wait at its gate, for a day: it is sent back, as ECS itself
 * does with one that is overtaken. Its end is all that matters here, whichever it is.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-bluegreen-to-rolling.html
 */
export async function betweenDeployments<Change extends Changing>(run: Run, change: Change): Promise<Change> {
  const { name, settings, current } = change;
  if (current === undefined) return change;
  const wanted = shiftsTraffic(settings.deploymentConfiguration);
  if (wanted === shiftsTraffic(current.ecs.deploymentConfiguration) && !lacksSecondTargetGroup(change)) return change;
  const [underWay] = await newestDeployments(
    run,
    [name],
    ["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"],
  );
  if (underWay === undefined) return change;
  const { deployment } = underWay;
  const goesBack = shiftsTraffic(deployment.deploymentConfiguration);
  const how = goesBack ? "is sent back" : "is waited for";
  run.emit({
    type: "release.notice",
    message: `A deployment of ${name} that is under way ${how}: ECS changes how a service is deployed only in between.`,
  });
  // It is none of this release's rollouts: nobody is asked for it, and its events would be taken for theirs.
  const { atGate: _, leave: __, ...rest } = run;
  await watchRollouts({ ...rest, emit: () => {} }, [await rolloutUnderWay(run, name, current, deployment)], goesBack);
  return asItIsNow(run, change);
}

function lacksSecondTargetGroup({ settings, current }: Changing): boolean {
  const there = current?.ecs.loadBalancers ?? [];
  return (
    shiftsTraffic(settings.deploymentConfiguration) &&
    settings.loadBalancers.length > 0 &&
    there.some(({ advancedConfiguration }) => advancedConfiguration === undefined)
  );
}

async function asItIsNow<Change extends Changing>(run: Run, change: Change): Promise<Change> {
  const current = (await describeServices(run.aws, run.descriptor, [change.name])).get(change.name);
  return { ...change, current };
}

async function rolloutUnderWay(
  run: Run,
  service: string,
  { ecs }: CurrentService,
  deployment: ServiceDeployment,
): Promise<StartedRollout> {
  const ecsName = ecsServiceName(run.descriptor.app, service);
  const target = deployment.targetServiceRevision?.arn ?? "";
  const [{ serviceRevisions = [] }, listed] = await Promise.all([
    run.aws.ecs.describeServiceRevisions({ serviceRevisionArns: [target] }),
    serviceDeployments(run, ecsName),
  ]);
  const known = listed.flatMap(({ serviceDeploymentArn: arn }) =>
    arn === undefined || arn === deployment.serviceDeploymentArn ? [] : [arn],
  );
  return {
    service,
    ecsName,
    arn: ecs.serviceArn ?? "",
    created: (deployment.sourceServiceRevisions ?? []).length === 0,
    // Whether its tasks stay up is no matter.
    returns: true,
    taskDefinition: serviceRevisions[0]?.taskDefinition ?? "",
    deployment: primaryOf(ecs)?.id ?? "",
    known: new Set(known),
    deploys: true,
    targetGroup: undefined,
    // A rolling update waits at its gate before its first task: the release it is of is over, and nobody can approve it.
    gate: { approve: false, testUrl: undefined, check: async () => "another release takes its place" },
    startedAt: run.time.now(),
  };
}

/** What ECS refuses must not leave the others unwatched: it counts as a failed rollout. */
async function prepare(run: Run, change: ServiceChange): Promise<StartedRollout | EndedRollout> {
  const { name, service, settings, current } = change;
  const taskDefinition = current?.definition?.taskDefinitionArn ?? "";
  run.emit({
    type: "release.notice",
    message: `${name} gets its second target group first, by a rolling update of what it runs: ECS wants it before ${service.rollout.strategy}.`,
  });
  run.emit({ type: "rollout.started", service: name, revision: lastPart(taskDefinition), action: "update" });
  const startedAt = run.time.now();
  try {
    return await startPreparation(run, change, taskDefinition, {
      deploymentConfiguration: plainRolling(service.rollout),
      loadBalancers: ofRunningTasks(settings.loadBalancers, current?.ecs.loadBalancers ?? []),
    });
  } catch (error) {
    return refusedRollout(run, change, taskDefinition, error, startedAt);
  }
}

/** The port that the new revision listens on need not be the one of what runs. */
function ofRunningTasks(wanted: readonly LoadBalancer[], there: readonly LoadBalancer[]): LoadBalancer[] {
  return wanted.map((balancer, index) => {
    const { containerName, containerPort } = there[index] ?? balancer;
    return { ...balancer, containerName, containerPort };
  });
}
