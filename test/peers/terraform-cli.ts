import { execFile } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { clientEnvironment } from "./aws-cli.ts";

const run = promisify(execFile);

export interface Terraform {
  apply(variables: Record<string, string>, ...more: string[]): Promise<void>;
  /** What a plan would change: empty when nothing. */
  plannedChanges(variables: Record<string, string>): Promise<string[]>;
  output(name: string): Promise<string>;
  /** Takes everything away; answers what is left in the state. */
  destroy(): Promise<string[]>;
}

/** Where machines without a network keep Terraform's providers: its own implied mirrors, and common roots. */
const mirrorRoots = [
  join(homedir(), ".terraform.d/plugins"),
  "/usr/local/share/terraform/plugins",
  "/usr/share/terraform/plugins",
  "/opt/*",
];

/** The directory of a filesystem mirror that holds the AWS provider, by its unpacked file; undefined where none does. */
export function providerMirror(): string | undefined {
  const provider = "registry.terraform.io/hashicorp/aws";
  return globSync(mirrorRoots.filter((root) => root.includes("*") || existsSync(root))).find(
    (root) => globSync(join(root, provider, "5.*/*/terraform-provider-aws_v5*")).length > 0,
  );
}

/** Terraform in a copy of test/peers/terraform, with the AWS provider of a mirror, talking to a region. */
export async function terraformIn(
  directory: string,
  region: { endpoint: string; region: string },
  mirror: string,
): Promise<Terraform> {
  const cwd = join(directory, "terraform");
  mkdirSync(cwd);
  cpSync(join(import.meta.dirname, "terraform"), cwd, { recursive: true });
  const configuration = join(directory, "terraform.rc");
  writeFileSync(
    configuration,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
  );
  const env = {
    ...clientEnvironment(region),
    TF_CLI_CONFIG_FILE: configuration,
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
  };
  const terraform = async (...args: string[]) =>
    (await run("terraform", args, { cwd, env, maxBuffer: 64 * 1024 * 1024 })).stdout;
  const asked = (variables: Record<string, string>) =>
    Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`);
  const unattended = ["-input=false", "-no-color", "-auto-approve"];
  await terraform("init", "-input=false", "-no-color");
  return {
    apply: async (variables, ...more) => {
      await terraform("apply", ...unattended, ...asked(variables), ...more);
    },
    plannedChanges: async (variables) => {
      await terraform("plan", "-input=false", "-no-color", "-out=plan", ...asked(variables));
      const plan: { resource_changes?: { address: string; change: { actions: string[] } }[] } = JSON.parse(
        await terraform("show", "-json", "plan"),
      );
      return (plan.resource_changes ?? [])
        .filter(({ change }) => change.actions.some((action) => action !== "no-op" && action !== "read"))
        .map(({ address, change }) => `${address}: ${change.actions.join(", ")}`);
    },
    output: (name) => terraform("output", "-raw", name),
    destroy: async () => {
      await terraform("destroy", ...unattended);
      return (await terraform("state", "list")).split("\n").filter(Boolean);
    },
  };
}
