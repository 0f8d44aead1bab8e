import type { Aws } from "@fardel/core";
import { FardelError } from "@fardel/core/errors.ts";
import { defineCommand } from "../command.ts";
import { localEnvironment, type OpenEnvironment, openEnvironment } from "../environment.ts";
import { guardedSignal } from "../guarded-signal.ts";
import { localDirectory, stopDrydock } from "../local-region.ts";
import { confirm, type Session } from "../session.ts";
import { environmentArgument, lockOption } from "./arguments.ts";

export const down = defineCommand({
  usage: (command) =>
    lockOption(
      environmentArgument(
        command.description("Take an app out of an environment: its services, and the infrastructure only it uses."),
      ),
    ).option("--data", "its databases too; while they stay, so do network and release records", false),
  async run(session, environment: string, { data, waitForLock = false }: { data: boolean; waitForLock?: boolean }) {
    const opened = await openEnvironment(session, environment);
    const { app } = opened;
    const databases = Object.keys(app.databases);
    await confirm(session, `Take ${app.name} out of ${environment}?`, consequence(databases, data, environment));
    await takeAway(session, opened, data, waitForLock);
    const stopped = environment === localEnvironment && (await stopIdleDrydock(opened.aws));
    const kept = data || databases.length === 0 ? undefined : databases;
    session.output.settle();
    session.output.result(
      { app: app.name, environment, data, drydockStopped: stopped },
      [
        `${app.name} is gone from ${environment}.`,
        kept &&
          `${databaseNames(kept)} ${kept.length === 1 ? "stays" : "stay"}, with all data, for the next \`up\`; \`fardel down ${environment} --data\` removes that too.`,
        stopped && "drydock is stopped: nothing else ran in it.",
      ]
        .filter(Boolean)
        .join("\n"),
    );
    return undefined;
  },
});

function consequence(databases: string[], data: boolean, environment: string): string {
  if (databases.length === 0) return "Its services stop.";
  if (!data) return "Its services stop. Its databases stay.";
  const snapshot = environment === localEnvironment ? "" : "; each leaves a final snapshot";
  return `Its services stop, and ${databaseNames(databases)} with all data ${databases.length === 1 ? "goes" : "go"}${snapshot}.`;
}

function databaseNames(databases: string[]): string {
  return `${databases.length === 1 ? "Database" : "Databases"} ${databases.join(", ")}`;
}

async function takeAway(
  session: Session,
  { app, aws }: OpenEnvironment,
  data: boolean,
  waitForLock: boolean,
): Promise<void> {
  const core = await import("@fardel/core");
  const { event: emit } = session.output;
  const { signal, done } = guardedSignal(
    session,
    "What has begun to go can't be kept. Ctrl-C again stops here; `down` again goes on.",
  );
  const [descriptor, origin] = await Promise.all([
    descriptorIfThere(core.readDescriptor(aws, app.name, app.environment)),
    core.findOrigin(app.directory),
  ]);
  if (descriptor) await core.takeDown({ aws, descriptor, origin, emit, signal, waitForLock });
  await core.destroyInfrastructure(app, aws, emit, { data });
  done();
}

/** An environment that was never finished, or is half gone, has no descriptor and no services. */
async function descriptorIfThere<Descriptor>(reading: Promise<Descriptor>): Promise<Descriptor | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof FardelError && error.code === "DESCRIPTOR_MISSING") return undefined;
    throw error;
  }
}

/** Ends drydock unless something is left in it that a person may be using: a stack that runs an app, or any task. */
async function stopIdleDrydock(aws: Aws): Promise<boolean> {
  if ((await hasOtherStacks(aws)) || (await hasTasks(aws))) return false;
  return await stopDrydock(localDirectory());
}

/** Stacks that hold only what is kept for the next `up`. */
const restingStacks = ["state", "registry", "cluster", "data"];

async function hasOtherStacks(aws: Aws): Promise<boolean> {
  for await (const { Stacks = [] } of aws.cloudFormation.paginateDescribeStacks({})) {
    const kinds = Stacks.map(({ Tags = [] }) => Tags.find(({ Key }) => Key === "fardel:stack")?.Value ?? "");
    if (kinds.some((kind) => !restingStacks.includes(kind))) return true;
  }
  return false;
}

async function hasTasks(aws: Aws): Promise<boolean> {
  const { clusterArns = [] } = await aws.ecs.listClusters({});
  const tasks = await Promise.all(clusterArns.map((cluster) => aws.ecs.listTasks({ cluster })));
  return tasks.some(({ taskArns = [] }) => taskArns.length > 0);
}
