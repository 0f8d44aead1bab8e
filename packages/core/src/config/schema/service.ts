import { z } from "zod";
import { command, workloadShape } from "./container.ts";
import { choice, duration, named, nameOf, section, text, textMatching, whole } from "./primitives.ts";

const percent = () => whole(1, 100, "a percentage");

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html: wildcards * and ?, at most
// 128 characters; a host pattern must have a dot, and only letters after the last one.
const route = section({
  host: textMatching(
    /^(?=.{1,128}$)[A-Za-z0-9*?-]+(?:\.[A-Za-z0-9*?-]+)*\.[A-Za-z]+$/,
    "a host name such as shop.example.com",
  )
    .optional()
    .meta({
      description: "Host name the load balancer matches, with `*` and `?` as wildcards; without it every host.",
      examples: ["shop.example.com", "*.example.com"],
    }),
  path: textMatching(/^\/[\w\-.$/~"'@:+&*?]{0,127}$/, "a path that starts with /, such as /api/*")
    .prefault("/*")
    .meta({ description: "Path the load balancer matches, with `*` and `?` as wildcards.", examples: ["/api/*"] }),
}).meta({ description: "Puts the service behind the load balancer. Needs a `port`." });

// Bounds: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
const health = section({
  path: textMatching(/^\/\S{0,1023}$/, "a path that starts with /, such as /healthz")
    .prefault("/")
    .meta({ description: "Path that answers 2xx when the task can serve.", examples: ["/healthz"] }),
  command: command.optional().meta({
    description:
      "For a service without a route, in place of `path`: runs inside the container, and exit code 0 is healthy. Without " +
      "any check ECS waits 40 seconds before it takes a task for healthy.",
    examples: [["node", "check.js"]],
  }),
  interval: duration(5, 300, "5s to 5m").prefault("5s").meta({ description: "Time between two checks of a task." }),
  timeout: duration(2, 120, "2s to 2m")
    .prefault("2s")
    .meta({ description: "No answer in this time is a failed check." }),
  healthy: whole(2, 10)
    .prefault(2)
    .meta({ description: "Passing checks in a row that make an unhealthy task healthy." }),
  unhealthy: whole(2, 10).prefault(3).meta({ description: "Failed checks in a row that make a task unhealthy." }),
  grace: duration(0, 7_200, "0s to 2h")
    .prefault("30s")
    .meta({ description: "ECS ignores failed checks this long after a task's start." }),
  drain: duration(0, 3_600, "0s to 1h")
    .prefault("10s")
    .meta({ description: "How long a stopping task may take to finish requests; every rollout waits this long." }),
}).meta({
  description:
    "The load balancer's health check; for a service without a `route`, the container's own one, which is a `command`.",
});

const scale = z
  .union(
    [
      whole(0, 5_000),
      section({
        min: whole(0, 5_000).prefault(1).meta({ description: "Fewest tasks." }),
        max: whole(0, 5_000).optional().meta({ description: "Most tasks; unless given, as many as `min`." }),
        cpu: percent()
          .optional()
          .meta({ description: "Average CPU use to keep, per cent.", examples: [60] }),
        memory: percent()
          .optional()
          .meta({ description: "Average memory use to keep, per cent.", examples: [70] }),
        requests: whole(1, 1_000_000)
          .optional()
          .meta({ description: "Requests per task and minute to keep. Needs a `route`.", examples: [1000] }),
        queue: section({
          name: nameOf("the name of a queue").meta({ description: "A name from `queues`." }),
          messages: whole(1, 1_000_000).meta({ description: "Waiting messages per task to keep." }),
        })
          .optional()
          .meta({ description: "Scales on the depth of a queue.", examples: [{ name: "ingest", messages: 100 }] }),
      }),
    ],
    { error: "a number of tasks, or a map such as { min: 2, max: 10, cpu: 60 }" },
  )
  .prefault(1)
  .meta({
    description: "How many tasks: a number, or bounds with what to scale on.",
    examples: [2, { min: 2, max: 10, cpu: 60 }],
  });

const rollout = section({
  strategy: choice(["rolling", "blue-green", "linear", "canary"])
    .prefault("rolling")
    .meta({ description: "How the new revision takes over from the old one." }),
  approve: choice(["automatic", "manual"])
    .prefault("automatic")
    .meta({ description: "`manual` waits for `fardel approve` before production traffic reaches the new revision." }),
  check: z
    .union(
      [
        textMatching(/^\/\S*$/, "a path that starts with /"),
        section({ task: nameOf("the name of a task").meta({ description: "A name from `tasks`." }) }),
      ],
      { error: "a path such as /healthz, or { task: <name> }" },
    )
    .optional()
    .meta({
      description:
        "A path, or a task, that must pass: before production traffic, at the new revision's test address. Rolling: at the " +
        "service's own address once all of its tasks are new ones.",
      examples: ["/smoke", { task: "smoke" }],
    }),
  wait: duration(60, 1_209_600, "1m to 14d")
    .prefault("24h")
    .meta({ description: "How long a gate waits for its approval or check." }),
  otherwise: choice(["roll-back", "continue"])
    .prefault("roll-back")
    .meta({ description: "What happens when a gate has waited long enough." }),
  bake: duration(0, 86_400, "0s to 24h")
    .prefault("0s")
    .meta({
      description:
        "How long the new revision is watched when it has all traffic, and taken back if it fails; meanwhile the old one " +
        "stays ready. Rolling: without the old one.",
      examples: ["5m"],
    }),
  step: whole(3, 100, "a percentage")
    .prefault(10)
    .meta({ description: "Linear: traffic per step. Canary: traffic of the first step. Per cent." }),
  every: duration(0, 86_400, "0s to 24h")
    .prefault("6m")
    .meta({ description: "Linear and canary: time between steps." }),
  alarms: z
    .array(text("the name of a CloudWatch alarm"), { error: "a list of CloudWatch alarms" })
    .prefault([])
    .meta({ description: "CloudWatch alarms that fail the rollout.", examples: [["web-5xx"]] }),
  earlySuccess: percent()
    .optional()
    .meta({ description: "Rolling: the rollout counts as done at this percentage of healthy new tasks." }),
}).meta({ description: "How a new revision of the service takes over." });

export const service = section({
  ...workloadShape,
  port: whole(1, 65_535, "a port")
    .optional()
    .meta({ description: "Port the container listens on.", examples: [8080] }),
  route: route.optional(),
  health: health.prefault({}),
  scale,
  rollout: rollout.prefault({}),
}).meta({ description: "Keeps a number of tasks running." });

export const services = named(service).meta({ description: "Services by name: each keeps its tasks running." });
