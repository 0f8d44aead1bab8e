import { resolveDynamicReferences } from "../template/dynamic-references.ts";
import { evaluate, isTrue } from "../template/evaluate.ts";
import type { Blueprint } from "./blueprint.ts";
import { dynamicReader } from "./dynamic-values.ts";
import type { Environment } from "./environment.ts";
import type { StackOutput, StackRecord } from "./records.ts";
import { exportedValues, importersOf } from "./scope.ts";

/**
 * The stack's outputs, and the names of the exports its template uses.
 * @throws Error when an output is no text, or an export is another stack's, or one in use would change or go
 */
export async function outputsOf(
  environment: Environment,
  stack: StackRecord,
  blueprint: Blueprint,
): Promise<{ outputs: StackOutput[]; imports: string[] }> {
  const { template, scope: inner } = blueprint;
  const imports = new Set<string>();
  const scope = {
    ...inner,
    importValue: (name: string) => {
      imports.add(name);
      return inner.importValue(name);
    },
  };
  for (const id of blueprint.dependencies.keys()) evaluate(template.resources[id]?.Properties, scope);
  const outputs: StackOutput[] = [];
  for (const [OutputKey, output] of Object.entries(template.outputs)) {
    if (output.Condition !== undefined && !isTrue(output.Condition, scope)) continue;
    const value = await onlyPlainReferences(environment, evaluate(output.Value, scope));
    if (typeof value === "object" || value === undefined)
      throw new Error(
        `Template format error: Output ${OutputKey} is malformed. The Value field of every Outputs member must evaluate to a String.`,
      );
    const exportName = output.ExportName === undefined ? undefined : String(evaluate(output.ExportName, scope));
    outputs.push({
      OutputKey,
      OutputValue: String(value),
      ...(output.Description !== undefined && { Description: output.Description }),
      ...(exportName !== undefined && { ExportName: exportName }),
    });
  }
  checkExports(environment, stack, outputs);
  return { outputs, imports: [...imports] };
}

/** Outputs may use ssm references; those to secrets stay as they stand, so that no secret is shown. */
function onlyPlainReferences({ region }: Environment, value: unknown): Promise<unknown> {
  const read = dynamicReader(region);
  return resolveDynamicReferences(value, async (reference) => {
    if (reference.service === "ssm") return read(reference);
    throw new Error(`Dynamic reference ${reference.service} is not supported in Outputs`);
  });
}

function checkExports({ repository }: Environment, stack: StackRecord, outputs: StackOutput[]): void {
  const all = exportedValues(repository);
  for (const { ExportName } of outputs) {
    const other = ExportName === undefined ? undefined : all.get(ExportName);
    if (other && other.stackId !== stack.id)
      throw new Error(`Export with name ${ExportName} is already exported by stack ${other.stackName}.`);
  }
  const next = new Map(outputs.map(({ ExportName, OutputValue }) => [ExportName, OutputValue]));
  for (const { ExportName: name, OutputValue } of stack.outputs) {
    if (name === undefined || next.get(name) === OutputValue) continue;
    const users = importersOf(repository, name);
    if (users.length > 0)
      throw new Error(
        `Export ${name} cannot be ${next.has(name) ? "updated" : "deleted"} as it is in use by ${users.join(" and ")}`,
      );
  }
}
