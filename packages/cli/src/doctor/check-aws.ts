import { connectAws } from "@fardel/core";
import { FardelError } from "@fardel/core/errors.ts";
import { type Finding, failed, ok, skipped } from "./finding.ts";

const check = "AWS";

/** Whether there are credentials, where an environment on AWS needs some. */
export async function checkAws(environments: readonly string[]): Promise<Finding> {
  const [first] = environments;
  if (first === undefined) return skipped(check, "no environment but `local`: no account is needed");
  const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || "us-east-1";
  try {
    const aws = connectAws({ environment: first, region });
    const { Account, Arn } = await aws.sts.getCallerIdentity({});
    return ok(check, `account ${Account}, ${Arn}`);
  } catch (error) {
    if (!(error instanceof FardelError)) throw error;
    return failed(
      check,
      error.message,
      error.fix ?? `Environments ${environments.join(", ")} need credentials: AWS_PROFILE, or \`aws sso login\`.`,
    );
  }
}
