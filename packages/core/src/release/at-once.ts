import { FardelError } from "../errors.ts";
import type { Changes, ServiceChange } from "./changes.ts";
import { ecsServiceName } from "./names.ts";
import { withoutGates } from "./rollout/deployment-settings.ts";
import type { Run } from "./run.ts";

/** The same changes, where nobody is asked, no traffic goes step by step and nothing bakes: what is brought back has served before. */
export function atOnce(changes: Changes): Changes {
  return { ...changes, services: changes.services.map(serviceAtOnce) };
}

function serviceAtOnce(change: ServiceChange): ServiceChange {
  const { service, settings } = change;
  const { rollout } = service;
  return {
    ...change,
    service: { ...service, rollout: { ...rollout, approve: "automatic", check: undefined, bakeSeconds: 0 } },
    settings: { ...settings, deploymentConfiguration: withoutGates(settings.deploymentConfiguration) },
  };
}

/**
 * Tells ECS how the services' next rollouts go, once those at once are over: the configuration of a deployment is the service's from
 * then on, and without this it would differ from what its release says. "This parameter doesn't trigger a new service deployment"
 * (UpdateService).
 */
export async function restoreGates(run: Run, { services }: Changes): Promise<void> {
  const { aws, descriptor } = run;
  const changed = services.filter(({ action, settings }) => action !== "none" && isGoverned(settings));
  try {
    for (const { name, settings } of changed) {
      run.check();
      const { deploymentConfiguration } = settings;
      const service = ecsServiceName(descriptor.app, name);
      await aws.ecs.updateService({ cluster: descriptor.cluster, service, deploymentConfiguration });
    }
  } catch (error) {
    if (!(error instanceof FardelError) || run.signal.aborted) throw error;
    run.emit({ type: "release.notice", message: `How services are rolled out wasn't restored: ${error.message}.` });
  }
}

function isGoverned({
  deploymentConfiguration: { strategy, lifecycleHooks = [] },
}: ServiceChange["settings"]): boolean {
  return strategy !== "ROLLING" || lifecycleHooks.length > 0;
}
