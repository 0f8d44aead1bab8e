import { setTimeout as sleep } from "node:timers/promises";
import { clientEnvironment } from "../test/peers/aws-cli.ts";
import { dockerBuild } from "./docker-build.ts";
import { has, type Machine, run } from "./machine.ts";
import { byTurns, least, timed } from "./measure.ts";
import { atLeast, atMost, milliseconds, type Row, skipped } from "./row.ts";
import { openShop, type Shop } from "./shop.ts";
import { terraformApply } from "./terraform-apply.ts";

export const about = `One service of one task behind the load balancer, health checked every 5 s (twice healthy) and drained for 4 s, on drydock.
\`fardel deploy\` releases a changed line of its source: build, push, task definition, rollout, record. The AWS CLI and Terraform are
given an image that is pushed already. The floor is the time from UpdateService to a service deployment that is SUCCESSFUL: what ECS's own
rules ask for, whoever deploys.`;

const ecsService = "shop-web";

export async function deploys(machine: Machine): Promise<Row[]> {
  const shop = await openShop(machine);
  try {
    const before = await taskDefinitionOf(shop);
    const images: number[] = [];
    const deploy = async () => {
      shop.change();
      const took = await timed(async () => images.push(imageTime(await shop.fardel("deploy", "--json"))));
      return took;
    };
    // Both ways back and forth between two task definitions, so that each is a rollout.
    await deploy();
    const after = await taskDefinitionOf(shop);
    const other = async () => ((await taskDefinitionOf(shop)) === after ? before : after);
    const hasAws = has("aws", "--version");
    const times = await byTurns(2, {
      deploy,
      floor: async () => rollOut(shop, await other()),
      aws: hasAws ? async () => awsPair(shop, await other()) : async () => Number.NaN,
    });
    const plan = least((await byTurns(5, { plan: () => timed(() => shop.fardel("plan")) })).plan);
    const docker = await dockerBuild(machine, shop);
    const terraform = await terraformApply(machine, shop);

    const took = least(times.deploy);
    const floor = least(times.floor);
    const image = least(images);
    const against = (name: string, theirs: number) => ({
      what: "`fardel deploy`, one line changed",
      measured: milliseconds(took),
      beside: `${name} ${milliseconds(theirs)}`,
      ratio: took / theirs,
    });
    return [
      { ...against("scheduler's floor", floor), aim: atMost(1.15, took / floor, "×") },
      hasAws
        ? {
            ...against("`aws ecs update-service`, `aws ecs wait services-stable`", least(times.aws)),
            aim: atLeast(3, least(times.aws) / took, "× faster"),
          }
        : skipped("`fardel deploy`, one line changed", "the AWS CLI"),
      terraform === undefined
        ? skipped("`fardel deploy`, one line changed", "Terraform with the AWS provider")
        : against("`terraform apply`", terraform),
      {
        what: "code-only image change, built and pushed",
        measured: milliseconds(image),
        beside:
          docker === undefined
            ? "no container engine runs here"
            : `\`docker build\`, \`docker push\` ${milliseconds(docker)}`,
        ...(docker !== undefined && { ratio: image / docker }),
        aim: atMost(500, image, " ms"),
      },
      { what: "`fardel plan`, nothing changed", measured: milliseconds(plan), beside: "" },
    ];
  } finally {
    await shop.close();
  }
}

async function taskDefinitionOf({ aws, descriptor }: Shop): Promise<string> {
  const { services } = await aws.ecs.describeServices({ cluster: descriptor.cluster, services: [ecsService] });
  return services?.[0]?.taskDefinition ?? "";
}

/** Milliseconds that a release's image took to build and push, by its events. */
function imageTime(ndjson: string): number {
  const events = ndjson
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type?: string; durationMs?: number });
  return events
    .filter(({ type }) => type === "image.built" || type === "image.pushed")
    .reduce((total, { durationMs = 0 }) => total + durationMs, 0);
}

/** Milliseconds from UpdateService to the end of the service deployment that it makes. */
async function rollOut({ aws, descriptor: { cluster } }: Shop, taskDefinition: string): Promise<number> {
  return timed(async () => {
    const startedAt = Date.now();
    await aws.ecs.updateService({ cluster, service: ecsService, taskDefinition });
    for (;;) {
      const { serviceDeployments = [] } = await aws.ecs.listServiceDeployments({ cluster, service: ecsService });
      const [newest] = serviceDeployments;
      const ours = (newest?.createdAt?.getTime() ?? 0) >= startedAt;
      if (ours && newest?.status === "SUCCESSFUL") return;
      if (ours && newest?.status !== "IN_PROGRESS" && newest?.status !== "PENDING") {
        throw new Error(`The rollout of ${taskDefinition} ended ${newest?.status}.`);
      }
      await sleep(20);
    }
  });
}

async function awsPair({ endpoint, descriptor }: Shop, taskDefinition: string): Promise<number> {
  const env = clientEnvironment({ endpoint, region: descriptor.region });
  const { cluster } = descriptor;
  return timed(async () => {
    const update = ["--service", ecsService, "--task-definition", taskDefinition];
    await run("aws", ["ecs", "update-service", "--cluster", cluster, ...update], { env });
    await run("aws", ["ecs", "wait", "services-stable", "--cluster", cluster, "--services", ecsService], { env });
  });
}
