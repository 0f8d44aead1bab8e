import type { Deployment, Service, ServiceDeployment, ServiceDeploymentStatus, Task } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { FardelError } from "../../errors.ts";
import type { FardelEvent } from "../../events.ts";
import { descriptor } from "../release.fixture.ts";
import type { Run } from "../run.ts";
import { hurriedTime } from "../time.fixture.ts";
import type { StartedRollout } from "./services.ts";

/** One service deployment, and how its status goes on from look to look; the last one stays. */
export interface Script {
  service: string;
  id: string;
  taskDefinition: string;
  statuses: ServiceDeploymentStatus[];
  /** Looks at the list of service deployments before it shows. */
  hidden?: number;
  reason?: string;
  finishedAt?: Date;
  deployments?: Deployment[];
  /** Messages of its service's events. */
  events?: string[];
  /** Of its service; those that have a stop code have stopped. */
  tasks?: Task[];
  /** Id of the hook that it waits at; answered, it goes on to its last status. */
  hook?: string;
}

/** ECS as far as a watcher asks it, playing scripts; what it was asked to stop, and whose tasks it was asked for. */
export function scriptedEcs(scripts: Script[]) {
  const stopped: string[] = [];
  const answers: string[] = [];
  const looks = new Map<string, number>();
  let lists = 0;
  const statusOf = (script: Script, look: number) =>
    script.statuses[Math.min(look, script.statuses.length - 1)] ?? "IN_PROGRESS";
  const arnOf = ({ service, id }: Script) =>
    `arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/${service}/${id}`;
  const revisionOf = ({ service, id }: Script) => `revision/${service}/${id}`;
  const eventsOf = (name: string) =>
    scripts
      .flatMap(({ service, events = [] }) => (service === name ? events : []))
      .map((message) => ({ createdAt: new Date(Date.UTC(2026, 0, 1)), message }));
  const taskLists: string[] = [];
  const ecs = {
    async listServiceDeployments({ service }: { service: string }) {
      lists += 1;
      const visible = scripts.filter((script) => script.service === service && (script.hidden ?? 0) < lists);
      return {
        serviceDeployments: visible.map((script) => ({
          serviceDeploymentArn: arnOf(script),
          targetServiceRevisionArn: revisionOf(script),
        })),
      };
    },
    async describeServiceRevisions({ serviceRevisionArns }: { serviceRevisionArns: string[] }) {
      return {
        serviceRevisions: serviceRevisionArns.map((serviceRevisionArn) => ({
          serviceRevisionArn,
          taskDefinition: scripts.find((script) => serviceRevisionArn === revisionOf(script))?.taskDefinition,
        })),
      };
    },
    async describeServiceDeployments({ serviceDeploymentArns }: { serviceDeploymentArns: string[] }) {
      return {
        serviceDeployments: serviceDeploymentArns.map((serviceDeploymentArn): ServiceDeployment => {
          const script = scripts.find((each) => arnOf(each) === serviceDeploymentArn);
          const look = looks.get(serviceDeploymentArn) ?? 0;
          looks.set(serviceDeploymentArn, look + 1);
          return {
            serviceDeploymentArn,
            status: script && statusOf(script, look),
            ...(script?.reason !== undefined && { statusReason: script.reason }),
            ...(script?.finishedAt !== undefined && { finishedAt: script.finishedAt }),
            ...(script?.hook !== undefined && {
              lifecycleStage: "POST_TEST_TRAFFIC_SHIFT",
              lifecycleHookDetails: [
                { hookId: script.hook, targetType: "PAUSE", status: "AWAITING_ACTION", timeoutAction: "ROLLBACK" },
              ],
            }),
          };
        }),
      };
    },
    async describeServices({ services }: { services: string[] }): Promise<{ services: Service[] }> {
      return {
        services: services.map((serviceName) => ({
          serviceName,
          status: "ACTIVE",
          desiredCount: 2,
          runningCount: 2,
          pendingCount: 0,
          deployments: scripts.find(({ service }) => service === serviceName)?.deployments ?? [],
          events: eventsOf(serviceName),
        })),
      };
    },
    async *paginateListTasks({ serviceName, desiredStatus }: { serviceName?: string; desiredStatus?: string }) {
      taskLists.push(serviceName ?? "");
      const tasks = scripts.flatMap(({ service, tasks = [] }) => ((serviceName ?? service) === service ? tasks : []));
      const listed = tasks.filter(({ stopCode }) => (stopCode === undefined) === (desiredStatus !== "STOPPED"));
      yield { taskArns: listed.map(({ taskArn }) => taskArn) };
    },
    async describeTasks({ tasks }: { tasks: string[] }) {
      const all = scripts.flatMap((script) => script.tasks ?? []);
      return { tasks: all.filter(({ taskArn }) => tasks.includes(taskArn ?? "")) };
    },
    async continueServiceDeployment({
      serviceDeploymentArn,
      hookId,
      action,
    }: {
      serviceDeploymentArn: string;
      hookId: string;
      action: string;
    }) {
      const script = scripts.find((each) => arnOf(each) === serviceDeploymentArn);
      answers.push(`${action} ${hookId}`);
      if (!script) return;
      delete script.hook;
      script.statuses = [action === "CONTINUE" ? "SUCCESSFUL" : "ROLLBACK_SUCCESSFUL"];
    },
    async stopServiceDeployment({ serviceDeploymentArn }: { serviceDeploymentArn: string }) {
      const script = scripts.find((each) => arnOf(each) === serviceDeploymentArn);
      if (script?.statuses.at(-1) === "SUCCESSFUL") throw new FardelError("AWS_ConflictException", "too late");
      stopped.push(serviceDeploymentArn);
      if (script) script.statuses = ["ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"];
      looks.delete(serviceDeploymentArn);
    },
  };
  return { aws: { target: {}, ecs } as unknown as Aws, stopped, answers, taskLists };
}

export function runWith(aws: Aws): { run: Run; events: FardelEvent[] } {
  const events: FardelEvent[] = [];
  const run: Run = {
    aws,
    descriptor,
    emit: (event) => void events.push(event),
    time: hurriedTime(),
    signal: new AbortController().signal,
    check: () => {},
  };
  return { run, events };
}

export function rolloutOf(service: string, changes: Partial<StartedRollout> = {}): StartedRollout {
  return {
    service,
    ecsName: service,
    arn: `arn:aws:ecs:eu-west-1:123456789012:service/prod/${service}`,
    created: false,
    returns: false,
    taskDefinition: `${service}:2`,
    deployment: `ecs-svc/${service}`,
    known: new Set([`arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/${service}/before`]),
    deploys: true,
    targetGroup: undefined,
    startedAt: Date.UTC(2026, 0, 1),
    ...changes,
  };
}
