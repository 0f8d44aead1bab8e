import type {
  ChangeSetType,
  ExecutionStatus,
  ResourceChange,
  ResourceChangeDetail,
} from "@aws-sdk/client-cloudformation";
import { inOrder } from "../template/dependencies.ts";
import { evaluate, isTrue, knownAfterApply, type Scope } from "../template/evaluate.ts";
import { parseTemplate } from "../template/parse.ts";
import { references } from "../template/references.ts";
import { blueprintOf, wantedPhysical } from "./blueprint.ts";
import { type Comparison, compare } from "./comparison.ts";
import type { Environment } from "./environment.ts";
import { withPropertyValues } from "./property-values.ts";
import type { Physical, ResourceRecord, StackDefinition, StackRecord } from "./records.ts";

export interface ChangeSetRecord {
  id: string;
  name: string;
  stackId: string;
  stackName: string;
  type: ChangeSetType;
  description?: string;
  status: "CREATE_COMPLETE" | "FAILED";
  statusReason?: string;
  executionStatus: ExecutionStatus;
  createdAt: Date;
  definition: StackDefinition;
  changes: ResourceChange[];
  onFailure: "ROLLBACK" | "DELETE" | "DO_NOTHING";
}

/** What becomes of a resource, as far as those that refer to it must know. */
type Fate = "same" | "modified" | "new";

/** What carrying a definition out would change. */
export interface Preview {
  /** With the values of properties, which are told only to those who ask. */
  changes: ResourceChange[];
  /** True when outputs differ, which is an update without any change of a resource. */
  outputsChange: boolean;
}

/**
 * Works out what a definition would change in a stack, without touching anything.
 * @throws ValidationError when a function can't be worked out
 */
export async function previewOf(
  environment: Environment,
  stack: StackRecord,
  definition: StackDefinition,
): Promise<Preview> {
  const { repository } = environment;
  const records = new Map(repository.resourcesOf(stack.id).map((record) => [record.logicalId, record]));
  const fates = new Map<string, Fate>();
  const blueprint = await blueprintOf(environment, stack, definition, foreseen(records, fates));
  const before = expressionsBefore(stack);
  const changes: ResourceChange[] = [];
  for (const logicalId of inOrder(blueprint.dependencies)) {
    const wanted = wantedPhysical(blueprint, stack, definition.tags, logicalId);
    const type = blueprint.types.get(wanted.type);
    const current = records.get(logicalId)?.physical;
    if (!type) continue;
    if (!current) {
      fates.set(logicalId, "new");
      changes.push({ Action: "Add", LogicalResourceId: logicalId, ResourceType: wanted.type, Scope: [], Details: [] });
      continue;
    }
    const comparison = compare(type, current, wanted);
    const change = modification(logicalId, current, wanted, comparison, {
      expression: blueprint.template.resources[logicalId]?.Properties ?? {},
      before: before(logicalId),
      parameters: changedParameters(stack.definition, definition),
    });
    fates.set(logicalId, change ? (change.Replacement === "False" ? "modified" : "new") : "same");
    if (change) changes.push(change);
  }
  for (const record of records.values())
    if (record.physical && !blueprint.dependencies.has(record.logicalId)) changes.push(removal(record));
  const previous = stack.definition && (await blueprintOf(environment, stack, stack.definition));
  return {
    changes: changes.map((change) => withPropertyValues(change, previous, blueprint)),
    outputsChange: outputsDiffer(blueprint, stack),
  };
}

/** How the stack's resources will look: what is made anew isn't known yet, nor are attributes of what changes. */
function foreseen(records: Map<string, ResourceRecord>, fates: Map<string, Fate>): Scope["resource"] {
  return (logicalId) => {
    const physical = records.get(logicalId)?.physical;
    const fate = fates.get(logicalId) ?? "same";
    return {
      ref: fate === "new" ? knownAfterApply : (physical?.physicalId ?? knownAfterApply),
      attribute: (name) => (fate === "same" ? (physical?.attributes[name] ?? knownAfterApply) : knownAfterApply),
    };
  };
}

function expressionsBefore({ definition }: StackRecord): (logicalId: string) => Record<string, unknown> {
  const template = definition && parseTemplate(definition.body);
  return (logicalId) => template?.resources[logicalId]?.Properties ?? {};
}

function changedParameters(before: StackDefinition | undefined, after: StackDefinition): Set<string> {
  const value = (definition: StackDefinition | undefined, key: string) =>
    definition?.resolved[key] ?? definition?.parameters[key];
  return new Set(Object.keys(after.parameters).filter((key) => value(before, key) !== value(after, key)));
}

function removal(record: ResourceRecord): ResourceChange {
  const { deletionPolicy = "Delete", physicalId } = record.physical ?? { physicalId: "" };
  const retains = deletionPolicy === "Retain" || deletionPolicy === "RetainExceptOnCreate";
  return {
    Action: "Remove",
    PolicyAction: retains ? "Retain" : deletionPolicy === "Snapshot" ? "Snapshot" : "Delete",
    LogicalResourceId: record.logicalId,
    PhysicalResourceId: physicalId,
    ResourceType: record.type,
    Scope: [],
    Details: [],
  };
}

interface Sources {
  expression: Record<string, unknown>;
  before: Record<string, unknown>;
  parameters: Set<string>;
}

function modification(
  logicalId: string,
  current: Physical,
  wanted: Physical,
  comparison: Comparison,
  sources: Sources,
): ResourceChange | undefined {
  const { changed, attributes, replacing } = comparison;
  if (changed.size === 0 && attributes.length === 0) return undefined;
  const isUnknown = (name: string) => JSON.stringify(wanted.properties[name] ?? null).includes(knownAfterApply);
  const replacement = [...replacing].some((name) => !isUnknown(name))
    ? "True"
    : replacing.size > 0
      ? "Conditional"
      : "False";
  const details = [...changed].flatMap((name) => detailsOf(name, replacing.has(name), isUnknown(name), sources));
  for (const name of attributes)
    details.push({
      Target: { Attribute: name, RequiresRecreation: "Never" },
      Evaluation: "Static",
      ChangeSource: "DirectModification",
    });
  const scope = new Set<NonNullable<ResourceChange["Scope"]>[number]>(attributes);
  if (changed.has("Tags")) scope.add("Tags");
  if ([...changed].some((name) => name !== "Tags")) scope.add("Properties");
  const policy = current.updateReplacePolicy ?? "Delete";
  return {
    Action: "Modify",
    LogicalResourceId: logicalId,
    PhysicalResourceId: current.physicalId,
    ResourceType: wanted.type,
    Replacement: replacement,
    ...(replacement !== "False" && {
      PolicyAction:
        policy === "Delete" ? "ReplaceAndDelete" : policy === "Snapshot" ? "ReplaceAndSnapshot" : "ReplaceAndRetain",
    }),
    Scope: [...scope],
    Details: details,
  };
}

/** Why a property changes: a parameter, another resource, or the template itself. */
function detailsOf(name: string, replaces: boolean, unknown: boolean, sources: Sources): ResourceChangeDetail[] {
  const recreation = replaces ? (unknown ? "Conditionally" : "Always") : "Never";
  const target: ResourceChangeDetail["Target"] =
    name === "Tags"
      ? { Attribute: "Tags", RequiresRecreation: "Never" }
      : { Attribute: "Properties", Name: name, RequiresRecreation: recreation };
  const detail = (rest: Omit<ResourceChangeDetail, "Target">): ResourceChangeDetail => ({ Target: target, ...rest });
  const expression = sources.expression[name];
  const uses = [...references(expression)];
  const details: ResourceChangeDetail[] = [];
  const causes = new Set<string>();
  for (const { by, name: entity, attribute } of uses) {
    if (sources.parameters.has(entity) && !causes.has(entity)) {
      details.push(detail({ Evaluation: "Static", ChangeSource: "ParameterReference", CausingEntity: entity }));
      causes.add(entity);
    } else if (unknown && (by === "Fn::GetAtt" || attribute !== undefined)) {
      const cause = `${entity}.${attribute}`;
      if (!causes.has(cause))
        details.push(detail({ Evaluation: "Dynamic", ChangeSource: "ResourceAttribute", CausingEntity: cause }));
      causes.add(cause);
    } else if (unknown && (by === "Ref" || by === "Fn::Sub") && !entity.startsWith("AWS::") && !causes.has(entity)) {
      details.push(detail({ Evaluation: "Dynamic", ChangeSource: "ResourceReference", CausingEntity: entity }));
      causes.add(entity);
    }
  }
  const rewritten = JSON.stringify(expression) !== JSON.stringify(sources.before[name]);
  if (details.length === 0 || rewritten)
    details.push(
      detail({ Evaluation: unknown && !rewritten ? "Dynamic" : "Static", ChangeSource: "DirectModification" }),
    );
  return details;
}

function outputsDiffer(blueprint: Awaited<ReturnType<typeof blueprintOf>>, stack: StackRecord): boolean {
  const { template, scope } = blueprint;
  const now = new Map(stack.outputs.map((output) => [output.OutputKey, output]));
  const wanted = Object.entries(template.outputs).filter(
    ([, { Condition }]) => Condition === undefined || isTrue(Condition, scope),
  );
  if (wanted.length !== now.size) return true;
  return wanted.some(([key, output]) => {
    const value = String(evaluate(output.Value, scope));
    const name = output.ExportName === undefined ? undefined : String(evaluate(output.ExportName, scope));
    const before = now.get(key);
    // What a dynamic reference stands for isn't looked up here: an output of one counts as unchanged.
    const sameValue = before?.OutputValue === value || (before && value.includes("{{resolve:"));
    return !sameValue || before?.Description !== output.Description || before?.ExportName !== name;
  });
}
