import { z } from "zod";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import { FardelError } from "../errors.ts";
import { descriptorParameterName } from "./names.ts";

const arn = z.string().regex(/^arn:[^:]+:[^:]+:[^:]*:\d*:.+$/, "must be an ARN");
const perName = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value).default({});

/**
 * All a release needs to know of an environment: the contract between infrastructure and releases. Whoever writes it to
 * SSM (fardel's stacks, a Terraform module, a person) can have releases. Keys fardel doesn't know are ignored.
 */
export const environmentDescriptorSchema = z.object({
  version: z.literal(1),
  app: z.string(),
  environment: z.string(),
  region: z.string(),
  /** Twelve digits. */
  accountId: z.string().regex(/^\d{12}$/, "must be the twelve digits of an AWS account"),
  /** Name of the ECS cluster. */
  cluster: z.string().min(1),
  network: z.object({
    /** Ids of the subnets tasks run in. */
    subnets: z.array(z.string()).min(1),
    /** Ids of the security groups tasks get. */
    securityGroups: z.array(z.string()).min(1),
    /** True when the subnets reach the internet without a NAT gateway. */
    assignPublicIp: z.boolean(),
  }),
  roles: z.object({
    /** Pulls images, reads secrets, writes logs. */
    execution: arn,
    /** What the app's own AWS calls run as. */
    task: arn,
    /** What ECS shifts traffic as; needed by strategies other than rolling. */
    infrastructure: arn.optional(),
  }),
  /** Name of the log group by service or task (they share one namespace). */
  logGroups: perName(z.string()),
  /** ARN by routed service. */
  targetGroups: perName(arn),
  /** The second target group by routed service; needed by strategies other than rolling. */
  alternateTargetGroups: perName(arn),
  /** Absent when no service has a route. */
  loadBalancer: z
    .object({
      arn,
      /** Where its DNS name points people to; see `loadBalancerUrl` for the address that really answers. */
      dnsName: z.string(),
      /** `test`: where a new revision answers before it has production traffic. */
      listeners: z.object({ http: arn, https: arn.optional(), test: arn.optional() }),
    })
    .optional(),
  /** Repository URI (without tag) by image that fardel builds. */
  repositories: perName(z.string()),
  /** ECS `valueFrom` by the manifest's reference: `databases.main.url` → `<secret ARN>:url::`. */
  secrets: perName(arn),
  /** URL by queue. */
  queues: perName(z.string()),
  /** Absent when no task has a schedule. */
  scheduler: z
    .object({
      /** Name of the group that the schedules of tasks are in. */
      group: z.string().min(1),
      /** What they run as. */
      role: arn,
    })
    .optional(),
  /** Bucket of release records and locks. */
  stateBucket: z.string().min(1),
  /** What a person may want to know: addresses for a CNAME or an allow list. */
  outputs: perName(z.string()),
});

export type EnvironmentDescriptor = z.infer<typeof environmentDescriptorSchema>;

/**
 * Reads the descriptor of an environment from SSM. Throws `DESCRIPTOR_MISSING` when the environment was never set up,
 * `DESCRIPTOR_INVALID` naming each wrong key when what is stored can't be used.
 */
export async function readDescriptor(aws: Aws, app: string, environment: string): Promise<EnvironmentDescriptor> {
  const name = descriptorParameterName(app, environment);
  try {
    const { Parameter } = await aws.ssm.getParameter({ Name: name });
    return parseDescriptor(Parameter?.Value ?? "", { app, environment });
  } catch (error) {
    if (!isAwsError(error, "ParameterNotFound")) throw error;
    throw new FardelError("DESCRIPTOR_MISSING", `${app} has no infrastructure in ${environment} yet.`, {
      where: `SSM parameter ${name} in ${aws.target.region}`,
      fix: `Run \`fardel up ${environment}\`.`,
      cause: error,
    });
  }
}

/** The descriptor in `text`, which must be of this app and environment. Throws `DESCRIPTOR_INVALID`. */
export function parseDescriptor(text: string, expected: { app: string; environment: string }): EnvironmentDescriptor {
  const result = environmentDescriptorSchema.safeParse(parseJson(text, expected));
  if (!result.success) {
    throw invalid(
      expected,
      result.error.issues.map((issue) => `${issue.path.join(".") || "the document"}: ${issue.message}`).join("\n"),
    );
  }
  const { app, environment } = result.data;
  if (app !== expected.app || environment !== expected.environment) {
    throw invalid(expected, `It describes app ${app}, environment ${environment}.`);
  }
  return result.data;
}

function parseJson(text: string, expected: { app: string; environment: string }): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(expected, `It is not JSON: ${(error as Error).message}`);
  }
}

function invalid({ app, environment }: { app: string; environment: string }, why: string): FardelError {
  const message = `The description of ${app}'s infrastructure in ${environment} can't be used.`;
  return new FardelError("DESCRIPTOR_INVALID", message, {
    where: `SSM parameter ${descriptorParameterName(app, environment)}`,
    why,
    fix: `Run \`fardel up ${environment}\` to write it anew, or correct it where it is written (Terraform, a script).`,
  });
}
