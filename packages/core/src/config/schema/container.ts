import { z } from "zod";
import { fargateVcpus } from "../fargate.ts";
import { orList } from "../nearest.ts";
import { choice, duration, named, noNul, section, size, text, texts, truth, whole } from "./primitives.ts";

const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "the name of an environment variable: letters, digits and _" });

const value = z.union([z.string().regex(noNul, { error: "text without NUL characters" }), z.number(), z.boolean()], {
  error: "text, a number, or true or false",
});

const env = z
  .record(variable, value, {
    error: "a map of environment variables",
  })
  .meta({
    description:
      "Environment variables. `${services.<name>.url}`, `${services.<name>.host}`, `${queues.<name>.url}`, `${release}` and " +
      "`${commit}` are filled in when the release is made.",
    examples: [{ LOG_LEVEL: "info", API_URL: "${services.api.url}" }],
  });

const secrets = z
  .record(
    z.union([variable, z.literal("*")], { error: 'the name of an environment variable, or "*"' }),
    text("databases.<name>.<field>, the name of a secret, or an ARN"),
    { error: "a map of environment variables" },
  )
  .meta({
    description:
      "Environment variables whose values stay in AWS and never pass through fardel: `databases.<name>.<field>` (url, host, " +
      "port, name, user, password); a plain name, which is the Secrets Manager secret `/<app>/<environment>/<name>`; the full " +
      "ARN of a Secrets Manager secret or an SSM parameter. `#key` after a secret takes one key of its JSON. The variable " +
      '`"*"` spreads a JSON secret: every key of it becomes a variable.',
    examples: [{ DATABASE_URL: "databases.main.url", STRIPE_KEY: "stripe-key", SMTP_PASSWORD: "mail#password" }],
  });

const dependsOn = named(choice(["start", "complete", "success", "healthy"])).meta({
  description: "Containers of the same task that must have started, completed, succeeded or be healthy first.",
  examples: [{ datadog: "start" }],
});

const image = text("a name from images, or a registry reference such as nginx:1.29").meta({
  description: "A name from `images`, or any registry reference.",
  examples: ["web", "public.ecr.aws/docker/library/nginx:1.29"],
});

/** A list of words; a single text would leave open who splits it. */
export const command = texts("a list of words")
  .min(1, { error: "a list of words, such as [node, server.js]" })
  .meta({
    description: "What the container runs instead of the image's own command.",
    examples: [["node", "server.js"]],
  });

const sidecar = section({
  image,
  command: command.optional(),
  env: env.optional(),
  secrets: secrets.optional(),
  essential: truth().prefault(true).meta({ description: "Does the task stop when this container does?" }),
  dependsOn: dependsOn.optional(),
  health: section({
    command: command.meta({
      description: "Runs inside the container; exit code 0 is healthy.",
      examples: [["curl", "-f", "http://localhost:8126/info"]],
    }),
    interval: duration(5, 300, "5s to 5m").prefault("30s").meta({ description: "Time between two checks." }),
    timeout: duration(2, 60, "2s to 1m").prefault("5s").meta({ description: "How long a check may take." }),
    retries: whole(1, 10).prefault(3).meta({ description: "Failed checks in a row that make it unhealthy." }),
    start: duration(0, 300, "0s to 5m").prefault("0s").meta({ description: "Failures in this time aren't counted." }),
  })
    .optional()
    .meta({ description: "Container health check, which `dependsOn: { …: healthy }` waits for." }),
}).meta({ description: "A further container in every task." });

/** What services and tasks have in common. */
export const workloadShape = {
  image,
  command: command.optional(),
  env: env.optional(),
  secrets: secrets.optional(),
  cpu: z
    .literal(fargateVcpus, {
      error: (issue) => {
        const units = fargateVcpus.find((vcpu) => vcpu * 1024 === issue.input);
        return `vCPU in one of Fargate's sizes: ${orList(fargateVcpus.map(String))}${units === undefined ? "" : `\nwrite ${units}`}`;
      },
    })
    .prefault(0.25)
    .meta({ description: "vCPU of a task. CPU and memory come in fixed pairs on Fargate." }),
  memory: size()
    .prefault("512MB")
    .meta({ description: "Memory of a task; 1GB is 1024MB.", examples: ["512MB", "2GB"] }),
  capacity: z
    .union(
      [
        choice(["on-demand", "spot"]),
        section({ spot: whole(0, 100, "a percentage").meta({ description: "Percentage of tasks on Spot." }) }),
      ],
      {
        error: "on-demand, spot, or { spot: <percentage> }",
      },
    )
    .prefault("on-demand")
    .meta({
      description:
        "Where tasks run: on demand, on Fargate Spot (cheaper, may be interrupted), or a percentage on Spot.",
      examples: ["spot", { spot: 80 }],
    }),
  sidecars: named(sidecar)
    .optional()
    .meta({
      description: "Further containers in every task, by name.",
      examples: [{ datadog: { image: "public.ecr.aws/datadog/agent:7", env: { DD_APM_ENABLED: true } } }],
    }),
  dependsOn: dependsOn.optional(),
  stop: duration(2, 120, "2s to 2m")
    .prefault("30s")
    .meta({ description: "Time from SIGTERM to SIGKILL when a task stops." }),
  taskDefinition: z
    .union([text(), z.record(z.string(), z.unknown())], { error: "a map, or the path of a JSON file" })
    .optional()
    .meta({
      description:
        "Task definition parameters merged over what fardel registers, or the path of a JSON file with a task definition " +
        "that fardel's is merged over.",
      examples: [{ ephemeralStorage: { sizeInGiB: 50 } }, "taskdefinitions/server.json"],
    }),
};
