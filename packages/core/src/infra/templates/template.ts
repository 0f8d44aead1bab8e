/** Anything a template may hold: JSON, with CloudFormation's intrinsic functions among the objects. */
export type Value = string | number | boolean | Value[] | { [key: string]: Value };

export interface Resource {
  Type: string;
  Properties?: Record<string, Value>;
  DependsOn?: string[];
  DeletionPolicy?: "Delete" | "Retain" | "RetainExceptOnCreate" | "Snapshot";
  UpdateReplacePolicy?: "Delete" | "Retain" | "Snapshot";
}

export interface Output {
  Description?: string;
  Value: Value;
  Export?: { Name: string };
}

export interface Template {
  AWSTemplateFormatVersion: "2010-09-09";
  Description: string;
  Resources: Record<string, Resource>;
  Outputs: Record<string, Output>;
}

export function template(
  description: string,
  resources: Record<string, Resource>,
  outputs: Record<string, Output>,
): Template {
  return { AWSTemplateFormatVersion: "2010-09-09", Description: description, Resources: resources, Outputs: outputs };
}

export function ref(logicalId: string): Value {
  return { Ref: logicalId };
}

export function getAtt(logicalId: string, attribute: string): Value {
  return { "Fn::GetAtt": [logicalId, attribute] };
}

/** `${Name}`, `${Name.Attribute}` and `${AWS::Region}` in the text are filled in by CloudFormation. */
export function sub(text: string): Value {
  return { "Fn::Sub": text };
}

/** ARN of a resource of this account in this region. */
export function arnOf(service: string, resource: string): Value {
  return sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);
}

/** A statement of a role's policy. */
export interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: Value[];
  Condition?: Value;
}

/** Another stack's exported output. */
export function importFrom(stack: string, output: string): Value {
  return { "Fn::ImportValue": exportName(stack, output) };
}

/** An output other stacks can import; CloudFormation refuses to change or remove it while one does. */
export function exported(stack: string, name: string, value: Value): Record<string, Output> {
  return { [name]: { Value: value, Export: { Name: exportName(stack, name) } } };
}

function exportName(stack: string, output: string): string {
  return `${stack}-${output}`;
}

/**
 * Logical ids are letters and digits only: `my-web`, `TargetGroup` → `MyWebTargetGroup`. A hyphen before a digit is
 * spelled out, so that `web-2` and `web2` don't become one resource.
 */
export function logicalId(name: string, kind: string): string {
  const words = name.replaceAll(/-(?=\d)/g, "-dash").split("-");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("") + kind;
}

/** The tag the consoles show as a resource's name. */
export function nameTag(name: string): Value {
  return [{ Key: "Name", Value: name }];
}
