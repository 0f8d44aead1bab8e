import type { Setting, SettingName } from "@aws-sdk/client-ecs";
import { paginate } from "../../../pagination.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter } from "../errors.ts";
import type { EcsOperations } from "../operations.ts";

/** Each setting with the value it has until somebody puts another. */
const defaults: Partial<Record<SettingName, string>> = {
  awsvpcTrunking: "disabled",
  containerInsights: "disabled",
  containerInstanceLongArnFormat: "enabled",
  defaultLogDriverMode: "non-blocking",
  fargateFIPSMode: "disabled",
  fargateTaskRetirementWaitPeriod: "7",
  guardDutyActivate: "off",
  serviceLongArnFormat: "enabled",
  tagResourceAuthorization: "on",
  taskLongArnFormat: "enabled",
};

export function accountSettingOperations({ records, region }: Ecs) {
  const root = `arn:aws:iam::${region.accountId}:root`;
  const setting = (name: SettingName, value: string): Setting => ({
    name,
    value,
    principalArn: root,
    type: name === "guardDutyActivate" ? "aws_managed" : "user",
  });
  const put = ({ name, value }: { name: SettingName; value: string }) => {
    if (defaults[name] === undefined) throw invalidParameter(`drydock has no account setting ${name}.`);
    records.accountSettings.put(name, value);
    return { setting: setting(name, value) };
  };

  return {
    PutAccountSetting: put,
    PutAccountSettingDefault: put,

    DeleteAccountSetting: ({ name }) => {
      const value = records.accountSettings.get(name) ?? defaults[name] ?? "";
      records.accountSettings.delete(name);
      return { setting: setting(name, value) };
    },

    ListAccountSettings: ({ name, value, effectiveSettings = false, nextToken, maxResults = 10 }) => {
      const put = Object.fromEntries(records.accountSettings.entries());
      const settings = Object.entries(effectiveSettings ? { ...defaults, ...put } : put)
        .map(([key, own]) => setting(key as SettingName, own))
        .filter((candidate) => name === undefined || candidate.name === name)
        .filter((candidate) => value === undefined || candidate.value === value)
        .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
      const page = paginate(settings, (candidate) => String(candidate.name), {
        token: nextToken,
        limit: maxResults,
        invalidTokenCode: "InvalidParameterException",
      });
      return { settings: page.items, nextToken: page.nextToken };
    },
  } satisfies EcsOperations;
}
