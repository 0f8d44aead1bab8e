import { FardelError } from "../errors.ts";
import type { Aws } from "./clients.ts";

export interface CallerIdentity {
  /** Twelve digits. */
  accountId: string;
  /** The role or user the credentials stand for. */
  arn: string;
}

/**
 * Asks STS whose credentials these are. Call it before the first write.
 * Throws `AWS_WRONG_ACCOUNT` when the manifest names another account.
 */
export async function verifyAccount(aws: Aws): Promise<CallerIdentity> {
  const { Account: accountId = "", Arn: arn = "" } = await aws.sts.getCallerIdentity({});
  const { environment, accountId: expected } = aws.target;
  if (expected !== undefined && expected !== accountId) {
    throw new FardelError("AWS_WRONG_ACCOUNT", `These credentials belong to account ${accountId}, not ${expected}.`, {
      where: `environments.${environment}.account`,
      why: `They stand for ${arn}. Nothing was changed.`,
      fix: `Use credentials of account ${expected} (AWS_PROFILE, \`aws sso login\`), or correct \`account\` in fardel.yaml.`,
    });
  }
  return { accountId, arn };
}
