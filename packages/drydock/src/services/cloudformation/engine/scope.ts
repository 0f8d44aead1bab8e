import type { Region } from "../../../region.ts";
import { validationError } from "../errors.ts";
import type { Scope } from "../template/evaluate.ts";
import { parameterReferences } from "../template/parameters.ts";
import type { Template } from "../template/template.ts";
import type { StackDefinition } from "./records.ts";
import type { StackRepository } from "./repository.ts";

const hidden = "****";

/**
 * What a stack's template sees when it is worked out.
 * @param resource how the stack's own resources look by now
 * @param options `masked` puts asterisks for NoEcho parameters, for what is shown
 */
export async function scopeOf(
  { region, repository }: { region: Region; repository: StackRepository },
  stack: { id: string; name: string },
  template: Template,
  definition: StackDefinition,
  resource: Scope["resource"],
): Promise<Scope> {
  const exports = exportedValues(repository);
  return {
    template,
    parameters: parameterReferences(template, definition.parameters, definition.resolved),
    pseudo: {
      "AWS::AccountId": region.accountId,
      "AWS::NotificationARNs": definition.notificationArns,
      "AWS::Partition": "aws",
      "AWS::Region": region.name,
      "AWS::StackId": stack.id,
      "AWS::StackName": stack.name,
      "AWS::URLSuffix": "amazonaws.com",
    },
    zones: definition.body.includes("GetAZs") ? await zoneNames(region) : [],
    resource,
    importValue(name) {
      const found = exports.get(name);
      if (!found) throw validationError(`No export named ${name} found.`);
      return found.value;
    },
  };
}

/** The same scope with NoEcho parameters hidden. */
export function maskedScope(scope: Scope, template: Template): Scope {
  const secret = Object.entries(template.parameters).filter(([, { NoEcho }]) => NoEcho);
  return { ...scope, parameters: { ...scope.parameters, ...Object.fromEntries(secret.map(([key]) => [key, hidden])) } };
}

async function zoneNames(region: Region): Promise<string[]> {
  const { AvailabilityZones = [] } = await region.call("ec2").DescribeAvailabilityZones({});
  return AvailabilityZones.map(({ ZoneName }) => ZoneName ?? "").sort();
}

/** Everything the region's stacks export, by name. */
export function exportedValues(
  repository: StackRepository,
): Map<string, { value: string; stackId: string; stackName: string }> {
  return new Map(
    repository
      .live()
      .flatMap((stack) =>
        stack.outputs.flatMap(({ ExportName, OutputValue }) =>
          ExportName === undefined
            ? []
            : [[ExportName, { value: OutputValue, stackId: stack.id, stackName: stack.name }] as const],
        ),
      ),
  );
}

/** Names of the stacks that import an export. */
export function importersOf(repository: StackRepository, exportName: string): string[] {
  return repository
    .live()
    .filter(({ imports }) => imports.includes(exportName))
    .map(({ name }) => name);
}
