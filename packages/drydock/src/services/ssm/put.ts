import type { PutParameterCommandInput } from "@aws-sdk/client-ssm";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Parameters, ParameterVersion } from "./parameters.ts";

// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
const standardBytes = 4096;
const advancedBytes = 8192;
const maximumLevels = 15;

/** PutParameter: a new parameter, or with Overwrite a further version of it. */
export function putParameter(
  region: Region,
  parameters: Parameters,
  input: PutParameterCommandInput & { Name: string; Value: string },
): { Version: number; Tier: ParameterVersion["tier"] } {
  const name = input.Name;
  checkName(name);
  const existing = parameters.get(name);
  if (existing && !input.Overwrite) {
    const message =
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
    throw new AwsError("ParameterAlreadyExists", message);
  }
  if (existing && input.Tags?.length) {
    const message =
      "Invalid request: tags and overwrite can't be used together. To update tags, use AddTagsToResource.";
    throw new AwsError("ValidationException", message);
  }
  const version = nextVersion(region, input, existing?.latest);
  const oldest = existing && parameters.oldestOfAll(existing);
  if (oldest?.labels.length) {
    const message = `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${oldest.version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`;
    throw new AwsError("ParameterMaxVersionLimitExceeded", message);
  }
  const tags = Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
  if (existing) parameters.supersede(existing, version);
  else parameters.put({ name, latest: version, tags });
  return { Version: version.version, Tier: version.tier };
}

function nextVersion(
  region: Region,
  input: PutParameterCommandInput & { Value: string },
  previous: ParameterVersion | undefined,
): ParameterVersion {
  const type = input.Type ?? previous?.type;
  if (!type) throw new AwsError("ValidationException", "A parameter type is required when you create a parameter.");
  if (input.Value === "") {
    throw new AwsError("ValidationException", "Invalid length for parameter Value, valid min length: 1");
  }
  const pattern = input.AllowedPattern ?? previous?.allowedPattern;
  if (pattern) checkPattern(pattern, input.Value);
  return {
    version: (previous?.version ?? 0) + 1,
    type,
    value: region.vault.seal(input.Value),
    description: input.Description ?? previous?.description,
    allowedPattern: pattern,
    dataType: input.DataType ?? previous?.dataType ?? "text",
    tier: tierOf(input, previous),
    keyId: type === "SecureString" ? (input.KeyId ?? previous?.keyId ?? "alias/aws/ssm") : undefined,
    labels: [],
    modified: new Date(region.clock.now()),
  };
}

function tierOf(input: PutParameterCommandInput & { Value: string }, previous: ParameterVersion | undefined) {
  const bytes = Buffer.byteLength(input.Value);
  const asked = input.Tier ?? previous?.tier ?? "Standard";
  const tier = asked === "Intelligent-Tiering" ? (bytes > standardBytes ? "Advanced" : "Standard") : asked;
  if (bytes > (tier === "Advanced" ? advancedBytes : standardBytes)) {
    const message =
      tier === "Standard"
        ? `Standard tier parameters support a maximum parameter value of ${standardBytes} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.`
        : `Advanced tier parameters support a maximum parameter value of ${advancedBytes} characters.`;
    throw new AwsError("ValidationException", message);
  }
  return tier;
}

function checkName(name: string): void {
  if (!/^[\w./-]+$/.test(name) || (name.includes("/") && !name.startsWith("/")) || name.length > 2048) {
    const message =
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive), must be fully qualified when it has a hierarchy, and consists only of the symbols a-zA-Z0-9_.-/';
    throw new AwsError("ValidationException", message);
  }
  if (/^\/?(aws|ssm)/i.test(name)) {
    throw new AwsError(
      "ValidationException",
      'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).',
    );
  }
  if (name.split("/").length - 1 > maximumLevels) {
    const message = `A hierarchy can have a maximum of ${maximumLevels} levels.`;
    throw new AwsError("HierarchyLevelLimitExceededException", message);
  }
}

function checkPattern(pattern: string, value: string): void {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch {
    throw new AwsError(
      "InvalidAllowedPatternException",
      "The request isn't valid. The allowed pattern is no regular expression.",
    );
  }
  if (!expression.test(value)) {
    const message = `Parameter value, cannot be validated against allowedPattern: ${pattern}`;
    throw new AwsError("ParameterPatternMismatchException", message);
  }
}
