import { validationError } from "../errors.ts";
import { readDocument } from "./document.ts";
import { rulesOf } from "./rules.ts";
import {
  type DeletionPolicy,
  isObject,
  type Json,
  type OutputDeclaration,
  type ParameterDeclaration,
  type ResourceDeclaration,
  type Template,
} from "./template.ts";

const sections = new Set([
  "AWSTemplateFormatVersion",
  "Conditions",
  "Description",
  "Hooks",
  "Mappings",
  "Metadata",
  "Outputs",
  "Parameters",
  "Resources",
  "Rules",
  "Transform",
]);

/**
 * Reads a template body into its sections and checks its form; references are validateTemplate's.
 * @throws ValidationError in AWS's words
 */
export function parseTemplate(body: string): Template {
  const document = readDocument(body);
  if (!isObject(document)) throw validationError("Template format error: unsupported structure.");
  const unknown = Object.keys(document).filter((key) => !sections.has(key));
  if (unknown.length > 0) throw validationError(`Invalid template property or properties [${unknown.join(", ")}]`);
  const version = document.AWSTemplateFormatVersion;
  if (version !== undefined && version !== "2010-09-09")
    throw validationError(
      `Template format error: ${String(version)} is not a supported value for AWSTemplateFormatVersion.`,
    );
  if (document.Hooks !== undefined)
    throw validationError("Template format error: the Hooks section is not supported by drydock.");
  refuseNull(document, "");
  const { Description: description } = document;
  if (description !== undefined && typeof description !== "string")
    throw validationError("Template format error: Description must be a string");
  return {
    ...(description !== undefined && { description }),
    ...(document.Metadata !== undefined && { metadata: document.Metadata }),
    transforms: transformsOf(document.Transform),
    parameters: parametersOf(section(document, "Parameters")),
    rules: rulesOf(section(document, "Rules")),
    mappings: mappingsOf(section(document, "Mappings")),
    conditions: section(document, "Conditions"),
    resources: resourcesOf(section(document, "Resources")),
    outputs: outputsOf(section(document, "Outputs")),
  };
}

function section(document: Json, name: string): Json {
  const value = document[name] ?? {};
  if (!isObject(value)) throw validationError(`Template format error: ${name} block must be an object`);
  return value;
}

function refuseNull(value: unknown, path: string): void {
  if (value === null) throw validationError(`[${path}] 'null' values are not allowed in templates`);
  if (Array.isArray(value)) value.forEach((item, index) => void refuseNull(item, `${path}/${index}`));
  else if (isObject(value)) for (const [key, item] of Object.entries(value)) refuseNull(item, `${path}/${key}`);
}

function transformsOf(value: unknown): string[] {
  const names = value === undefined ? [] : Array.isArray(value) ? value : [value];
  for (const name of names)
    if (name !== "AWS::LanguageExtensions")
      throw validationError(
        `Transform ${isObject(name) ? String(name.Name) : String(name)} is not supported by drydock: it runs no macros, only AWS::LanguageExtensions.`,
      );
  return names.map(String);
}

const lengths = ["MinLength", "MaxLength", "MinValue", "MaxValue"] as const;
const parameterKeys = new Set([
  "AllowedPattern",
  "AllowedValues",
  "ConstraintDescription",
  "Default",
  "Description",
  "NoEcho",
  "Type",
  ...lengths,
]);

function parametersOf(declared: Json): Record<string, ParameterDeclaration> {
  return mapValues(declared, (value, name) => {
    if (!isObject(value)) throw validationError("Template format error: Any Parameters member must be an object.");
    const unknown = Object.keys(value).find((key) => !parameterKeys.has(key));
    if (unknown !== undefined) throw validationError(`Invalid template parameter property '${unknown}'`);
    if (typeof value.Type !== "string")
      throw validationError(`Template format error: Every Parameters object must contain a Type member.`);
    if (!parameterType.test(value.Type))
      throw validationError(`Template format error: Unrecognized parameter type: ${value.Type}`);
    const parameter: ParameterDeclaration = { Type: value.Type };
    if (value.Default !== undefined) {
      if (typeof value.Default === "object")
        throw validationError(`Template format error: Every Default member must be a string.`);
      parameter.Default = String(value.Default);
    }
    if (value.NoEcho !== undefined) parameter.NoEcho = String(value.NoEcho) === "true";
    for (const key of ["Description", "AllowedPattern", "ConstraintDescription"] as const)
      if (value[key] !== undefined) parameter[key] = String(value[key]);
    if (value.AllowedValues !== undefined) {
      if (!Array.isArray(value.AllowedValues))
        throw validationError(`Template format error: Parameter ${name}: AllowedValues must be a list.`);
      parameter.AllowedValues = value.AllowedValues.map(String);
    }
    for (const key of lengths) if (value[key] !== undefined) parameter[key] = Number(value[key]);
    return parameter;
  });
}

const plainType = "String|Number|CommaDelimitedList|List<Number>|List<String>";
const awsType =
  "AWS::EC2::(AvailabilityZone::Name|Image::Id|Instance::Id|KeyPair::KeyName|SecurityGroup::GroupName|SecurityGroup::Id|Subnet::Id|Volume::Id|VPC::Id)|AWS::Route53::HostedZone::Id";
const parameterType = new RegExp(
  `^(${plainType}|${awsType}|List<(${awsType})>|AWS::SSM::Parameter::Name|AWS::SSM::Parameter::Value<(${plainType}|${awsType}|List<(${awsType})>)>)$`,
);

function mappingsOf(declared: Json): Template["mappings"] {
  return mapValues(declared, (top, name) => {
    if (!isObject(top)) throw validationError("Template format error: Any Mappings member must be an object.");
    return mapValues(top, (second) => {
      if (!isObject(second))
        throw validationError(`Template format error: Every Mappings attribute must be a String or a List. [${name}]`);
      return second;
    });
  });
}

const resourceKeys = new Set([
  "Condition",
  "CreationPolicy",
  "DeletionPolicy",
  "DependsOn",
  "Metadata",
  "Properties",
  "Type",
  "UpdatePolicy",
  "UpdateReplacePolicy",
]);
const policies = ["Delete", "Retain", "Snapshot", "RetainExceptOnCreate"];

function resourcesOf(declared: Json): Record<string, ResourceDeclaration> {
  if (Object.keys(declared).length === 0)
    throw validationError("Template format error: At least one Resources member must be defined.");
  return mapValues(declared, (value, id) => {
    if (!/^[A-Za-z0-9]+$/.test(id))
      throw validationError(`Template format error: Resource name ${id} is non alphanumeric.`);
    if (!isObject(value)) throw validationError("Template format error: Any Resources member must be an object.");
    const unknown = Object.keys(value).find((key) => !resourceKeys.has(key));
    if (unknown !== undefined) throw validationError(`Invalid template resource property '${unknown}'`);
    for (const key of ["CreationPolicy", "UpdatePolicy"])
      if (value[key] !== undefined)
        throw validationError(`Template format error: [/Resources/${id}] ${key} is not supported by drydock.`);
    if (typeof value.Type !== "string")
      throw validationError(
        `Template format error: [/Resources/${id}] Every Resources object must contain a Type member.`,
      );
    const properties = value.Properties ?? {};
    if (!isObject(properties))
      throw validationError(`Template format error: [/Resources/${id}] Every Properties member must be an object.`);
    const resource: ResourceDeclaration = {
      Type: value.Type,
      Properties: properties,
      DependsOn: dependsOn(value.DependsOn),
    };
    if (value.Condition !== undefined) {
      if (typeof value.Condition !== "string")
        throw validationError("Template format error: Every Condition member must be a string.");
      resource.Condition = value.Condition;
    }
    for (const key of ["DeletionPolicy", "UpdateReplacePolicy"] as const) {
      const policy = value[key];
      if (policy === undefined) continue;
      if (!policies.includes(String(policy)) || (key === "UpdateReplacePolicy" && policy === "RetainExceptOnCreate"))
        throw validationError(`Template format error: Unrecognized ${key} ${String(policy)} for resource ${id}`);
      resource[key] = policy as DeletionPolicy;
    }
    if (value.Metadata !== undefined) resource.Metadata = value.Metadata;
    return resource;
  });
}

function dependsOn(value: unknown): string[] {
  const ids = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (ids.some((id) => typeof id !== "string"))
    throw validationError("Template format error: DependsOn must be a string or list of strings.");
  return ids;
}

function outputsOf(declared: Json): Record<string, OutputDeclaration> {
  return mapValues(declared, (value, name) => {
    if (!isObject(value) || value.Value === undefined)
      throw validationError("Template format error: Every Outputs member must contain a Value object");
    const unknown = Object.keys(value).find((key) => !["Value", "Description", "Condition", "Export"].includes(key));
    if (unknown !== undefined) throw validationError(`Invalid template output property '${unknown}'`);
    const output: OutputDeclaration = { Value: value.Value };
    if (value.Description !== undefined) output.Description = String(value.Description);
    if (value.Condition !== undefined) output.Condition = String(value.Condition);
    if (value.Export !== undefined) {
      if (!isObject(value.Export) || value.Export.Name === undefined)
        throw validationError(`Template format error: Output ${name}: Export must contain a Name`);
      output.ExportName = value.Export.Name;
    }
    return output;
  });
}

function mapValues<T>(object: Json, change: (value: unknown, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}
