/** What one member of a fault may be; the admin API checks by it, and the command line makes its options of it. */
export interface FaultMember {
  type: "text" | "whole" | "fraction" | "flag" | "choice";
  description: string;
  /** For `whole`. */
  least?: number;
  most?: number;
  /** For `choice`. */
  values?: readonly string[];
  required?: true;
}

interface FaultKindDefinition {
  summary: string;
  /** `lasting` faults are there until they are taken away; a `moment` happens when it is asked for. */
  duration: "lasting" | "moment";
  members: Record<string, FaultMember>;
}

const chance: Record<string, FaultMember> = {
  probability: { type: "fraction", description: "how often it strikes, 0 to 1 (default: 1)" },
  count: { type: "whole", least: 1, description: "how many times it strikes at most" },
  seed: {
    type: "whole",
    least: 0,
    most: 2 ** 32 - 1,
    description: "what its chances are drawn from, for a repetition",
  },
};

const calls: Record<string, FaultMember> = {
  service: { type: "text", description: "AWS service, as requests are signed for it: ecs, s3 … (default: every one)" },
  operation: { type: "text", description: "operation of that service, such as UpdateService (default: every one)" },
  ...chance,
};

const carriedOut: FaultMember = { type: "flag", description: "the operation is carried out; only its answer is lost" };

const cluster: FaultMember = { type: "text", description: "ECS cluster (default: every one)" };
const service: FaultMember = { type: "text", description: "ECS service (default: every one)" };

export const faultKinds = {
  throttle: { summary: "AWS refuses calls because they come too fast", duration: "lasting", members: calls },
  error: {
    summary: "calls fail inside AWS, with status 500",
    duration: "lasting",
    members: { ...calls, carriedOut },
  },
  latency: {
    summary: "calls take longer",
    duration: "lasting",
    members: {
      ...calls,
      milliseconds: { type: "whole", least: 1, most: 600_000, required: true, description: "how much longer" },
    },
  },
  drop: {
    summary: "connections break off instead of an answer",
    duration: "lasting",
    members: { ...calls, carriedOut },
  },
  "broken-task": {
    summary: "tasks that start from now on are broken (simulated runtime only)",
    duration: "lasting",
    members: {
      fate: {
        type: "choice",
        values: ["unhealthy", "exits", "no-image"],
        required: true,
        description: "fails its health checks, exits with 1, or can't be pulled",
      },
      family: { type: "text", description: "of task definitions (default: every one)" },
      revision: { type: "whole", least: 1, description: "of the family" },
      service,
      ...chance,
    },
  },
  "load-balancer-lag": {
    summary: "a load balancer still sends requests to targets that were deregistered",
    duration: "lasting",
    members: {
      seconds: {
        type: "whole",
        least: 1,
        most: 3600,
        required: true,
        description: "for so long, in the region's time",
      },
      earlyStop: { type: "flag", description: "tasks are stopped as soon as their target is deregistered" },
    },
  },
  "zone-loss": {
    summary: "an Availability Zone is lost, with all that runs there, until the fault is removed",
    duration: "lasting",
    members: { zone: { type: "text", required: true, description: "such as eu-west-1a" } },
  },
  "task-crash": {
    summary: "running tasks' processes die",
    duration: "moment",
    members: {
      cluster,
      service,
      count: { type: "whole", least: 1, description: "how many (default: 1)" },
      seed: { type: "whole", least: 0, most: 2 ** 32 - 1, description: "what they are drawn by, for a repetition" },
    },
  },
  "spot-interruption": {
    summary: "AWS takes tasks on FARGATE_SPOT back",
    duration: "moment",
    members: {
      cluster,
      service,
      count: { type: "whole", least: 1, description: "how many at most, the oldest first" },
    },
  },
} as const satisfies Record<string, FaultKindDefinition>;

export type FaultKind = keyof typeof faultKinds;

export function isFaultKind(name: unknown): name is FaultKind {
  return typeof name === "string" && Object.hasOwn(faultKinds, name);
}
