import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "vitest";

/** How each foreign tool shows that it is there: by running, because a name on PATH may be a shim without a program. */
const probes = {
  aws: ["aws", "--version"],
  // Installed where it isn't yet.
  cdk: [process.execPath, join(import.meta.dirname, "cdk-install.ts")],
  boto3: ["python3", "-c", "import boto3"],
  "cfn-lint": ["cfn-lint", "--version"],
  docker: ["docker", "version"],
  psql: ["psql", "--version"],
  script: ["script", "--version"],
  skopeo: ["skopeo", "--version"],
  terraform: ["terraform", "version"],
} satisfies Record<string, [string, ...string[]]>;

type Tool = keyof typeof probes;

/** An engine is no program that a machine can simply be given, so nobody has to have one. */
const neverRequired: readonly Tool[] = ["docker"];

/** A group of tests that need a tool: skipped, with a line naming it, where it is missing, and failed where CI requires it. */
export function describeWith(tool: Tool, name: string, body: () => void): void {
  const [program = "", ...args] = probes[tool];
  if (spawnSync(program, args).status === 0) describe(name, body);
  else reportMissing(tool, name, peersAreRequired && !neverRequired.includes(tool));
}

const peersAreRequired = process.env.FARDEL_PEERS === "require";

/** Stands for tests that can't run for want of something: skipped with a line that says so, failed where it is required. */
export function reportMissing(tool: string, name: string, required = peersAreRequired): void {
  const line = `${tool} can't be run: "${name}" is not tested.`;
  if (!required) console.warn(line);
  test(`${name}: ${tool}`, ({ skip }) => {
    if (!required) skip(line);
    throw new Error(`${line} FARDEL_PEERS=require asks for every peer: install it.`);
  });
}
