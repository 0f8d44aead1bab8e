import type { Rule } from "./rules.ts";

/** A template after parsing: long-form functions only, every section present, no null anywhere. */
export interface Template {
  description?: string;
  metadata?: unknown;
  /** `AWS::LanguageExtensions` is the only one there can be. */
  transforms: string[];
  parameters: Record<string, ParameterDeclaration>;
  rules: Record<string, Rule>;
  mappings: Record<string, Record<string, Record<string, unknown>>>;
  conditions: Record<string, unknown>;
  resources: Record<string, ResourceDeclaration>;
  outputs: Record<string, OutputDeclaration>;
}

export interface ParameterDeclaration {
  Type: string;
  Default?: string;
  Description?: string;
  NoEcho?: boolean;
  AllowedValues?: string[];
  AllowedPattern?: string;
  ConstraintDescription?: string;
  MinLength?: number;
  MaxLength?: number;
  MinValue?: number;
  MaxValue?: number;
}

export type DeletionPolicy = "Delete" | "Retain" | "Snapshot" | "RetainExceptOnCreate";

export interface ResourceDeclaration {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn: string[];
  Condition?: string;
  DeletionPolicy?: DeletionPolicy;
  UpdateReplacePolicy?: DeletionPolicy;
  Metadata?: unknown;
}

export interface OutputDeclaration {
  Value: unknown;
  Description?: string;
  Condition?: string;
  ExportName?: unknown;
}

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `{ "Fn::Join": [...] }` → `["Fn::Join", [...]]`; undefined for anything that is no function. */
export function asFunction(value: unknown): [name: string, argument: unknown] | undefined {
  if (!isObject(value)) return undefined;
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0) return undefined;
  return name === "Ref" || name.startsWith("Fn::") ? [name, value[name]] : undefined;
}
