import { validationError } from "../errors.ts";
import { dependenciesOf, inOrder } from "./dependencies.ts";
import { references } from "./references.ts";
import { asFunction, isObject, type Template } from "./template.ts";

export const pseudoParameters = new Set([
  "AWS::AccountId",
  "AWS::NotificationARNs",
  "AWS::NoValue",
  "AWS::Partition",
  "AWS::Region",
  "AWS::StackId",
  "AWS::StackName",
  "AWS::URLSuffix",
]);

/** What a resource type's name says for Fn::GetAtt: undefined when there is no such type. */
export type AttributesOf = (type: string) => { has(attribute: string): boolean } | undefined;

/**
 * Checks everything that can be known without parameter values: that references have a target, that the resource
 * types exist, that nothing needs itself.
 * @throws ValidationError in AWS's words
 */
export function validateTemplate(template: Template, attributesOf: AttributesOf): void {
  const unrecognized = new Set(
    Object.values(template.resources)
      .map(({ Type }) => Type)
      .filter((type) => !attributesOf(type)),
  );
  const custom = [...unrecognized].find((type) => /^(Custom::|AWS::CloudFormation::CustomResource$)/.test(type));
  if (custom !== undefined)
    throw validationError(
      `Template format error: drydock has no Lambda or SNS that could make the custom resource type ${custom}.`,
    );
  if (unrecognized.size > 0)
    throw validationError(`Template format error: Unrecognized resource types: [${[...unrecognized].join(", ")}]`);
  checkFunctions(template, [
    template.conditions,
    Object.values(template.resources).map((r) => r.Properties),
    template.outputs,
  ]);
  checkConditions(template);
  for (const resource of Object.values(template.resources)) {
    checkReferences(template, resource.Properties, "Resources", attributesOf);
    const missing = resource.DependsOn.filter((id) => !(id in template.resources));
    if (missing.length > 0) throw unresolved(missing, "Resources");
    if (resource.Condition !== undefined && !(resource.Condition in template.conditions))
      throw validationError(
        `Template format error: Unresolved condition dependency ${resource.Condition} in the Resources block of the template`,
      );
  }
  for (const output of Object.values(template.outputs)) {
    checkReferences(template, [output.Value, output.ExportName], "Outputs", attributesOf);
    if (output.Condition !== undefined && !(output.Condition in template.conditions))
      throw validationError(
        `Template format error: Unresolved condition dependency ${output.Condition} in the Outputs block of the template`,
      );
  }
  inOrder(dependenciesOf(template));
}

function unresolved(names: string[], block: string): Error {
  return validationError(
    `Template format error: Unresolved resource dependencies [${names.join(", ")}] in the ${block} block of the template`,
  );
}

function checkReferences(template: Template, value: unknown, block: string, attributesOf: AttributesOf): void {
  const missing = new Set<string>();
  for (const { by, name, attribute } of references(value)) {
    const resource = template.resources[name];
    if (by === "Fn::If") {
      if (!(name in template.conditions))
        throw validationError(`Template error: unresolved condition dependency ${name} in Fn::If`);
    } else if (by === "Fn::FindInMap") {
      if (!(name in template.mappings))
        throw validationError(
          `Template error: Mapping named '${name}' is not present in the 'Mappings' section of template.`,
        );
    } else if (by === "Fn::GetAtt" || attribute !== undefined) {
      if (!resource)
        throw validationError(
          by === "Fn::GetAtt"
            ? `Template error: instance of Fn::GetAtt references undefined resource ${name}`
            : `Template error: instance of Fn::Sub references invalid resource attribute ${name}.${attribute}`,
        );
      if (attribute !== undefined && !attributesOf(resource.Type)?.has(attribute))
        throw validationError(`Template error: resource ${name} does not support attribute type ${attribute} in ${by}`);
    } else if (by !== "Fn::ImportValue" && !resource && !(name in template.parameters) && !pseudoParameters.has(name)) {
      missing.add(name);
    }
  }
  if (missing.size > 0) throw unresolved([...missing], block);
}

function checkConditions(template: Template): void {
  const uses = new Map<string, Set<string>>();
  for (const [id, condition] of Object.entries(template.conditions)) {
    const names = new Set<string>();
    for (const { by, name } of references(condition)) {
      if (by === "Fn::FindInMap" || by === "Fn::ImportValue") continue;
      if (!(name in template.parameters) && !pseudoParameters.has(name))
        throw validationError(
          `Template format error: Unresolved dependencies [${name}]. Cannot reference resources in the Conditions block of the template`,
        );
    }
    collectConditions(condition, names);
    const missing = [...names].find((name) => !(name in template.conditions));
    if (missing !== undefined)
      throw validationError(
        `Template format error: Unresolved condition dependency ${missing} in the Conditions block of the template`,
      );
    uses.set(id, names);
  }
  try {
    inOrder(uses);
  } catch {
    throw validationError(
      `Template format error: Circular dependency between conditions: [${[...uses.keys()].join(", ")}]`,
    );
  }
}

function collectConditions(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectConditions(item, names);
  else if (isObject(value))
    for (const [key, item] of Object.entries(value))
      if (key === "Condition" && typeof item === "string") names.add(item);
      else collectConditions(item, names);
}

const supportedFunctions = [
  "Fn::And",
  "Fn::Base64",
  "Fn::Cidr",
  "Fn::Equals",
  "Fn::FindInMap",
  "Fn::GetAtt",
  "Fn::GetAZs",
  "Fn::If",
  "Fn::ImportValue",
  "Fn::Join",
  "Fn::Not",
  "Fn::Or",
  "Fn::Select",
  "Fn::Split",
  "Fn::Sub",
];
const languageExtensions = ["Fn::Length", "Fn::ToJsonString"];

function checkFunctions(template: Template, value: unknown): void {
  if (Array.isArray(value)) for (const item of value) checkFunctions(template, item);
  if (!isObject(value)) return;
  const name = asFunction(value)?.[0];
  if (name && name !== "Ref" && !supportedFunctions.includes(name)) {
    if (!languageExtensions.includes(name))
      throw validationError(
        `Template error: Encountered unsupported function: ${name} Supported functions are: [${supportedFunctions.join(", ")}]`,
      );
    if (!template.transforms.includes("AWS::LanguageExtensions"))
      throw validationError(
        `Template error: ${name} is only supported in a template with the transform AWS::LanguageExtensions`,
      );
  }
  for (const item of Object.values(value)) checkFunctions(template, item);
}
