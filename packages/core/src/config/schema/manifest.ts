import { z } from "zod";
import { workloadShape } from "./container.ts";
import { choice, duration, named, nameOf, section, size, text, textMatching, truth, whole } from "./primitives.ts";
import { services } from "./service.ts";

const images = named(
  section({
    build: text("the path of a directory").meta({
      description: "Directory to build, relative to the manifest.",
      examples: [".", "./api"],
    }),
    builder: choice(["node", "docker"])
      .optional()
      .meta({
        description:
          "`node` packs a Node.js app with its production dependencies and needs no container engine; `docker` builds a " +
          "Dockerfile. Unless given: `docker` where a Dockerfile is, else `node`.",
      }),
    dockerfile: text("the path of a file")
      .optional()
      .meta({ description: "Dockerfile, relative to `build`; unless given, `Dockerfile`. Builder docker." }),
    target: text().optional().meta({ description: "Stage of the Dockerfile to stop at. Builder docker." }),
    args: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]), { error: "a map of build arguments" })
      .optional()
      .meta({
        description:
          "Build arguments; `${commit}` and `${release}` are filled in. With builder node they are environment variables of the image.",
      }),
    base: text("a registry reference")
      .optional()
      .meta({
        description: "Image whose layers come first. Builder node.",
        examples: ["public.ecr.aws/docker/library/node:24-slim"],
      }),
    platform: choice(["linux/amd64", "linux/arm64"])
      .prefault("linux/amd64")
      .meta({
        description:
          "What the image is made for. In `local`, where tasks run on this machine, it is the machine's own platform " +
          "unless `environments.local` overrides it.",
      }),
  }),
).meta({ description: "Images by name; each is built once per release, however many services use it." });

const tasks = named(
  section({
    ...workloadShape,
    schedule: text('five cron fields, such as "0 3 * * *"')
      .optional()
      .meta({
        description: "When to run it: minute, hour, day of month, month, day of week.",
        examples: ["0 3 * * *"],
      }),
    timezone: text("a time zone such as Europe/Berlin")
      .optional()
      .meta({ description: "Time zone of the schedule; unless given, UTC.", examples: ["Europe/Berlin"] }),
  }),
).meta({ description: "Tasks by name: run once, by hand, by a release, or on a schedule." });

const databases = named(
  section({
    engine: choice(["postgres"]).prefault("postgres").meta({ description: "PostgreSQL on RDS." }),
    version: textMatching(/^\d{2}(\.\d{1,2})?$/, 'a PostgreSQL version such as "16"')
      .prefault("18")
      .meta({ description: "Major version, or major and minor.", examples: ["16", "16.4"] }),
    instance: textMatching(/^db\.[a-z0-9-]+\.[a-z0-9]+$/, "an RDS instance class such as db.t4g.micro")
      .prefault("db.t4g.micro")
      .meta({ description: "RDS instance class." }),
    storage: size().prefault("20GB").meta({ description: "Disk, 20GB to 64TB." }),
    multiAz: truth().prefault(false).meta({ description: "Keeps a standby in a second availability zone." }),
    backups: duration(0, 35 * 86_400, "0d to 35d")
      .prefault("7d")
      .meta({ description: "How long automatic backups are kept, in whole days." }),
  }),
).meta({ description: "Databases by name. Their passwords are made by RDS and never leave AWS." });

const queues = named(
  section({
    visibility: duration(0, 43_200, "0s to 12h")
      .prefault("30s")
      .meta({ description: "How long a received message stays hidden from other receivers." }),
    retries: whole(1, 1_000)
      .prefault(3)
      .meta({ description: "Receives before a message goes to the dead-letter queue." }),
  }),
).meta({ description: "SQS queues by name, each with a dead-letter queue." });

const names = (what: string) => z.array(nameOf("a name"), { error: `a list of ${what}` });

const release = section({
  before: names("tasks")
    .prefault([])
    .meta({
      description: "Tasks to run, one after the other, before any service changes.",
      examples: [["migrate"]],
    }),
  after: names("tasks")
    .prefault([])
    .meta({
      description:
        "Tasks to run, one after the other, when the new revisions serve and every old task has stopped. One that fails " +
        "doesn't take the release back: the release ends with exit code 1, its services stay, and the next one runs it again.",
      examples: [["reindex"]],
    }),
  order: z
    .array(names("services"), { error: "a list of lists of services, such as [[indexer], [web]]" })
    .prefault([])
    .meta({
      description:
        "Waves of services: those of a wave are rolled out at the same time, and a wave starts when the one before serves and " +
        "its old tasks are gone. If one fails, all services return, the newest wave first. Services not named join the last wave.",
      examples: [[["indexer"], ["web", "ingester"]]],
    }),
  together: z
    .array(names("services and tasks"), { error: "a list of lists of services and tasks" })
    .prefault([])
    .meta({
      description: "Services and tasks that a partial release (`--only`) may not part.",
      examples: [[["indexer", "deployment"]]],
    }),
  tags: z
    .array(text("a tag"), { error: "a list of tags" })
    .prefault([])
    .meta({
      description:
        "Image tags to set when a release has succeeded, made from {environment}, {commit}, {branch}, {tag}, {pr}, " +
        "{service} and {release}.",
      examples: [["{environment}-{commit}", "{environment}"]],
    }),
}).meta({ description: "What a release does around the rollout of its services." });

const region = textMatching(/^[a-z]{2}(?:-[a-z]+)+-\d$/, "an AWS region such as eu-west-1");

/** What an environment says of itself, beside its overrides. */
export const environmentSettings = section({
  cluster: nameOf("the name of a cluster")
    .optional()
    .meta({ description: "ECS cluster, which several apps may share; unless given, the environment's name." }),
  account: textMatching(/^\d{12}$/, "the twelve digits of an AWS account")
    .optional()
    .meta({ description: "AWS account a release must find itself in.", examples: ["123456789012"] }),
  region: region.optional().meta({ description: "AWS region, instead of the app's." }),
  partial: truth().prefault(true).meta({ description: "May a release be made of some services only (`--only`)?" }),
});

const shape = {
  app: nameOf("a name").meta({ description: "Name of the app.", examples: ["shop"] }),
  region: region
    .optional()
    .meta({ description: "AWS region; unless given, the one the AWS configuration names.", examples: ["eu-west-1"] }),
  images: images.prefault({}),
  services: services.prefault({}),
  tasks: tasks.prefault({}),
  databases: databases.prefault({}),
  queues: queues.prefault({}),
  release: release.prefault({}),
};

/** The file: what `fardel schema` prints. The overrides of an environment are checked once they are merged. */
export const manifestSchema = section({
  ...shape,
  environments: named(z.looseObject(environmentSettings.shape))
    .prefault({})
    .meta({
      description:
        "Environments by name. Each may override anything above: maps are merged, anything else is replaced, null removes. " +
        "`local`, the embedded region, is always there.",
      examples: [{ local: {}, production: { cluster: "prod", services: { web: { scale: { min: 4 } } } } }],
    }),
});

/** One environment, overrides merged in; `environments` holds the settings of this one. */
export const environmentSchema = section({ ...shape, environments: environmentSettings.prefault({}) });

export type ParsedEnvironment = z.output<typeof environmentSchema>;
export type ParsedService = ParsedEnvironment["services"][string];
export type ParsedTask = ParsedEnvironment["tasks"][string];
export type ParsedImage = ParsedEnvironment["images"][string];

type Overrides<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { [Key in keyof Value]?: Overrides<Value[Key]> | null }
    : Value;

type ManifestShape = Omit<z.input<typeof manifestSchema>, "environments">;

/** What `fardel.config.ts` exports (`export default { … } satisfies Manifest`), or a function of the environment gives. */
export interface Manifest extends ManifestShape {
  environments?: Record<string, z.input<typeof environmentSettings> & Overrides<Omit<ManifestShape, "app" | "region">>>;
}
