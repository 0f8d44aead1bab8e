import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Region } from "../../../region.ts";
import { validationError } from "../errors.ts";
import { type GivenParameter, isStoredType, parameterReferences, parameterValues } from "../template/parameters.ts";
import { parseTemplate } from "../template/parse.ts";
import { checkRules } from "../template/rules.ts";
import type { Template } from "../template/template.ts";
import { validateTemplate } from "../template/validate.ts";
import { checkCapabilities } from "./capabilities.ts";
import type { StackDefinition, StackRecord } from "./records.ts";
import type { ResourceType, ResourceTypes } from "./resource-type.ts";

/** What CreateStack, UpdateStack and CreateChangeSet have in common. */
export interface DefinitionRequest {
  TemplateBody?: string | undefined;
  TemplateURL?: string | undefined;
  UsePreviousTemplate?: boolean | undefined;
  Parameters?: GivenParameter[] | undefined;
  Capabilities?: string[] | undefined;
  Tags?: { Key: string | undefined; Value: string | undefined }[] | undefined;
  NotificationARNs?: string[] | undefined;
  RoleARN?: string | undefined;
  ResourceTypes?: string[] | undefined;
}

const bodyLimit = 51_200;
const urlLimit = 1_048_576;

/**
 * The text of the template a request names.
 * @throws ValidationError when it names none, or more than one
 */
export async function templateBody(region: Region, request: DefinitionRequest, previous?: string): Promise<string> {
  const { TemplateBody: body, TemplateURL: url, UsePreviousTemplate: usePrevious } = request;
  if (usePrevious && (body || url))
    throw validationError("You cannot specify both usePreviousTemplate and Template Body/Template URL.");
  if (body && url) throw validationError("Template URL and Template Body cannot both be specified.");
  if (usePrevious && previous !== undefined) return previous;
  if (url) return fetchTemplate(region, url);
  if (!body) throw validationError("Either Template URL or Template Body must be specified.");
  if (Buffer.byteLength(body) > bodyLimit)
    throw validationError(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${bodyLimit}`,
    );
  return body;
}

/** From this region's S3, whatever form the address has: nothing leaves the machine. */
async function fetchTemplate(region: Region, url: string): Promise<string> {
  if (!URL.canParse(url) || !isDecodable(new URL(url).pathname))
    throw validationError("TemplateURL must be a supported URL.");
  const { host, pathname } = new URL(url);
  const [, bucketInHost] = /^(.+)\.s3[.-]/.exec(host) ?? [];
  const path = decodeURIComponent(pathname.slice(1));
  const [Bucket = "", ...key] = bucketInHost === undefined ? path.split("/") : [bucketInHost, path];
  const { Body, ContentLength = 0 } = await region
    .call("s3")
    .GetObject({ Bucket, Key: key.join("/") })
    .catch((error) => {
      throw validationError(`S3 error: ${error.message}`);
    });
  // In process it is the stream itself, without what the SDK's client puts around it.
  const stream = Body as Readable | undefined;
  if (ContentLength > urlLimit) {
    stream?.destroy();
    throw validationError(`Template may not exceed ${urlLimit} bytes in size.`);
  }
  return stream === undefined ? "" : text(stream);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** The resource types a template uses, loaded. */
export async function loadTypes(types: ResourceTypes, template: Template): Promise<Map<string, ResourceType>> {
  const names = new Set(Object.values(template.resources).map(({ Type }) => Type));
  const loaded = await Promise.all([...names].map(async (name) => [name, await types.load(name)] as const));
  return new Map(loaded.flatMap(([name, type]) => (type ? [[name, type]] : [])));
}

/** Parses and validates a template. */
export async function checkedTemplate(types: ResourceTypes, body: string): Promise<Template> {
  const template = parseTemplate(body);
  const loaded = await loadTypes(types, template);
  validateTemplate(template, (name) => {
    const type = loaded.get(name);
    return type && new Set(type.attributes);
  });
  for (const [logicalId, { Type, DeletionPolicy, UpdateReplacePolicy }] of Object.entries(template.resources))
    if ((DeletionPolicy === "Snapshot" || UpdateReplacePolicy === "Snapshot") && !loaded.get(Type)?.hasSnapshots)
      throw validationError(
        `Template format error: Resource ${logicalId}: ${Type} does not support the deletion policy Snapshot`,
      );
  return template;
}

/**
 * What a request wants a stack to be.
 * @param stack the stack it is about, for what the request leaves as it was
 * @throws ValidationError, InsufficientCapabilitiesException
 */
export async function definitionOf(
  { region, types }: { region: Region; types: ResourceTypes },
  request: DefinitionRequest,
  stack: StackRecord | undefined,
): Promise<{ definition: StackDefinition; template: Template }> {
  const before = stack?.definition;
  const body = await templateBody(region, request, before?.body);
  const template = await checkedTemplate(types, body);
  checkResourceTypes(template, request.ResourceTypes);
  checkCapabilities(template, request.Capabilities ?? []);
  const parameters = parameterValues(template, request.Parameters ?? [], before?.parameters);
  const resolved = await storedValues(region, template, parameters);
  checkRules(template, parameterReferences(template, parameters, resolved));
  const definition: StackDefinition = {
    body,
    parameters,
    resolved,
    tags: request.Tags?.map(({ Key = "", Value = "" }) => ({ Key, Value })) ?? before?.tags ?? [],
    capabilities: request.Capabilities ?? [],
    notificationArns: request.NotificationARNs ?? before?.notificationArns ?? [],
  };
  const roleArn = request.RoleARN ?? before?.roleArn;
  if (roleArn !== undefined) definition.roleArn = roleArn;
  return { definition, template };
}

function checkResourceTypes(template: Template, allowed: string[] | undefined): void {
  if (!allowed) return;
  for (const { Type } of Object.values(template.resources))
    if (
      !allowed.some(
        (pattern) =>
          pattern === Type ||
          pattern === "AWS::*" ||
          (pattern.endsWith("::*") && Type.startsWith(pattern.slice(0, -1))),
      )
    )
      throw validationError(`Resource type ${Type} is not allowed by parameter ResourceTypes [${allowed.join(", ")}]`);
}

/** The values of the parameters whose type is AWS::SSM::Parameter::Value<…>. */
async function storedValues(
  region: Region,
  template: Template,
  values: Record<string, string>,
): Promise<Record<string, string>> {
  const stored = Object.entries(template.parameters).filter(([, { Type }]) => isStoredType(Type));
  const read = stored.map(async ([key]) => {
    const Name = values[key] ?? "";
    try {
      const { Parameter } = await region.call("ssm").GetParameter({ Name });
      if (Parameter?.Type === "SecureString")
        throw validationError(
          `Parameters [${Name}] referenced by template have types not supported by CloudFormation.`,
        );
      return [key, Parameter?.Value ?? ""] as const;
    } catch (error) {
      if (error instanceof Error && /ParameterNotFound/.test(`${error.name} ${"code" in error ? error.code : ""}`))
        throw validationError(`Unable to fetch parameters [${Name}] from parameter store for this account.`);
      throw error;
    }
  });
  return Object.fromEntries(await Promise.all(read));
}
