import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";

export function stsOperations(region: Region): Operations<typeof import("@aws-sdk/client-sts")> {
  return {
    GetCallerIdentity: () => ({
      Account: region.accountId,
      UserId: region.accountId,
      Arn: `arn:aws:iam::${region.accountId}:root`,
    }),
  };
}
