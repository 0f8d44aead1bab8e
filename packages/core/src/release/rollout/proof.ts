import type { Service } from "../../config/app.ts";
import { loadBalancerUrl } from "../../infra/load-balancer-url.ts";
import type { Run } from "../run.ts";
import { bakeTogether, raisedAlarms, type Served } from "./bake.ts";
import { untilOldTasksAreGone } from "./old-tasks.ts";
import { type CheckTasks, checkRevision } from "./revision-check.ts";
import type { EndedRollout } from "./watch.ts";

/** Has the rolling updates of a wave prove themselves once they serve, and answers the wave's rollouts as they have ended then. */
export type Proof = (ended: readonly EndedRollout[]) => Promise<EndedRollout[]>;

/**
 * What a wave's rolling updates have to hold up to when they have all of the traffic: their check at the production address, then
 * their bake time. With the other strategies ECS does both before the old tasks are gone. To be made before the wave begins: an
 * alarm that was raised before says nothing of it.
 */
export async function proofOf(run: Run, services: readonly Service[], tasks: CheckTasks): Promise<Proof> {
  const asked = new Map(services.filter(isAsked).map((service) => [service.name, service]));
  const raised = await raisedAlarms(
    run,
    [...asked.values()].filter(({ rollout }) => rollout.bakeSeconds > 0),
  );
  return async (ended) => {
    const served = ended.flatMap((each): Served[] => {
      const service = asked.get(each.rollout.service);
      return service && each.result === "serving" && each.rollout.deploys ? [{ service, ended: each }] : [];
    });
    const checked = await checkAll(run, served, tasks);
    const passed = checked.every((each) => each.ended.result === "serving");
    const proven = passed ? await bakeTogether(run, checked, raised) : checked;
    const ends = new Map(proven.map((each) => [each.service.name, each.ended]));
    return ended.map((each) => ends.get(each.rollout.service) ?? each);
  };
}

function isAsked({ rollout }: Service): boolean {
  return rollout.strategy === "rolling" && (rollout.check !== undefined || rollout.bakeSeconds > 0);
}

/** All at the same time, when no old task is left that could answer for a new one. */
async function checkAll(run: Run, served: readonly Served[], tasks: CheckTasks): Promise<Served[]> {
  if (served.length === 0) return [];
  const rollouts = served.map(({ ended }) => ended.rollout);
  const overtaken = await untilOldTasksAreGone(run, rollouts);
  const url = await loadBalancerUrl(run.aws, run.descriptor);
  return Promise.all(
    served.map(async ({ service, ended }): Promise<Served> => {
      if (overtaken.includes(service.name)) return { service, ended: { ...ended, result: "superseded" } };
      if (service.rollout.check === undefined) return { service, ended };
      const failure = await checkRevision(run, service, productionAddress(service, url), tasks);
      run.emit({ type: "rollout.checked", service: service.name, ...(failure !== undefined && { failure }) });
      if (failure === undefined) return { service, ended };
      return { service, ended: { ...ended, result: "failed", reason: `Its check failed: ${failure}.` } };
    }),
  );
}

/** A certificate is for a service's own host, not for the load balancer's name. */
function productionAddress({ route }: Service, loadBalancer: string | undefined): string | undefined {
  const host = route?.host;
  const certified = loadBalancer?.startsWith("https:") && host !== undefined && !/[*?]/.test(host);
  return certified ? `https://${host}` : loadBalancer;
}
