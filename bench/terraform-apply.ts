import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clientEnvironment } from "../test/peers/aws-cli.ts";
import { providerMirror } from "../test/peers/terraform-cli.ts";
import { has, type Machine, run } from "./machine.ts";
import { timed } from "./measure.ts";
import type { Shop } from "./shop.ts";

/** Milliseconds of a `terraform apply` that brings another image to a service like the shop's; undefined without Terraform. */
export async function terraformApply(machine: Machine, shop: Shop): Promise<number | undefined> {
  const mirror = has("terraform", "version") ? providerMirror() : undefined;
  if (mirror === undefined) return undefined;
  const cwd = join(machine.directory, "terraform");
  cpSync(join(import.meta.dirname, "terraform"), cwd, { recursive: true });
  writeFileSync(
    join(cwd, "terraform.rc"),
    `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`,
  );
  const variables = await variablesOf(shop);
  const [first, second] = await imagesOf(shop);
  const env = {
    ...clientEnvironment({ endpoint: shop.endpoint, region: shop.descriptor.region }),
    TF_CLI_CONFIG_FILE: join(cwd, "terraform.rc"),
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
  };
  const terraform = (...args: string[]) => run("terraform", [...args, "-input=false"], { cwd, env });
  const apply = (image: string) => {
    writeFileSync(join(cwd, "terraform.tfvars.json"), JSON.stringify({ ...variables, image }));
    return timed(() => terraform("apply", "-auto-approve"));
  };
  await terraform("init");
  await apply(first);
  return await apply(second);
}

async function variablesOf({ aws, descriptor }: Shop): Promise<object> {
  const { network, roles, cluster, loadBalancer, logGroups } = descriptor;
  const { Subnets } = await aws.ec2.describeSubnets({ SubnetIds: network.subnets });
  return {
    cluster,
    subnets: network.subnets,
    security_groups: network.securityGroups,
    execution_role: roles.execution,
    log_group: logGroups.web,
    vpc: Subnets?.[0]?.VpcId,
    listener: loadBalancer?.listeners.http,
  };
}

/** The images of the first two releases. */
async function imagesOf({ aws }: Shop): Promise<[first: string, second: string]> {
  const image = async (taskDefinition: string) => {
    const described = await aws.ecs.describeTaskDefinition({ taskDefinition });
    return described.taskDefinition?.containerDefinitions?.[0]?.image ?? "";
  };
  const { taskDefinitionArns: [first = "", second = ""] = [] } = await aws.ecs.listTaskDefinitions({});
  return [await image(first), await image(second)];
}
