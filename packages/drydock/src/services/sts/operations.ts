import { randomBytes } from "node:crypto";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";

interface Session {
  arn: string;
  userId: string;
  expires: Date;
}

const second = 1000;

export function stsOperations(region: Region): Operations<typeof import("@aws-sdk/client-sts")> {
  const sessions = region.store.collection<Session>("sts.sessions");

  return {
    GetCallerIdentity: (_input, caller) => {
      const session = caller.accessKeyId === undefined ? undefined : sessions.get(caller.accessKeyId);
      if (session && session.expires.getTime() <= region.clock.now()) {
        throw new AwsError("ExpiredToken", "The security token included in the request is expired", { status: 403 });
      }
      return {
        Account: region.accountId,
        UserId: session?.userId ?? region.accountId,
        Arn: session?.arn ?? `arn:aws:iam::${region.accountId}:root`,
      };
    },

    AssumeRole: async (input) => {
      const name = /^arn:aws:iam::\d{12}:role\/(?:.*\/)?([^/]+)$/.exec(input.RoleArn)?.[1];
      if (!name) throw new AwsError("ValidationError", `${input.RoleArn} is invalid`);
      const { Role } = await region
        .call("iam")
        .GetRole({ RoleName: name })
        .catch(() => ({ Role: undefined }));
      // Also a role of another account or with another path: whether there is such a role isn't told.
      if (Role?.Arn !== input.RoleArn) {
        const message = `User: arn:aws:iam::${region.accountId}:root is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`;
        throw new AwsError("AccessDenied", message, { status: 403 });
      }
      const duration = input.DurationSeconds ?? 3600;
      if (duration > (Role.MaxSessionDuration ?? 3600)) {
        const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        throw new AwsError("ValidationError", message);
      }
      const expires = new Date(region.clock.now() + duration * second);
      const arn = `arn:aws:sts::${region.accountId}:assumed-role/${name}/${input.RoleSessionName}`;
      const userId = `${Role.RoleId}:${input.RoleSessionName}`;
      const accessKeyId = `ASIA${randomBytes(8).toString("hex").toUpperCase()}`;
      sessions.put(accessKeyId, { arn, userId, expires });
      for (const [key, session] of sessions.entries()) {
        if (session.expires.getTime() <= region.clock.now()) sessions.delete(key);
      }
      return {
        Credentials: {
          AccessKeyId: accessKeyId,
          SecretAccessKey: randomBytes(30).toString("base64"),
          SessionToken: randomBytes(96).toString("base64"),
          Expiration: expires,
        },
        AssumedRoleUser: { Arn: arn, AssumedRoleId: userId },
      };
    },
  };
}
