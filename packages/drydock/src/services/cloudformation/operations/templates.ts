import type { Capability } from "@aws-sdk/client-cloudformation";
import { AwsError } from "../../../errors.ts";
import type { Operations } from "../../../service.ts";
import type { CloudFormation } from "../cloudformation.ts";
import { requiredCapabilities } from "../engine/capabilities.ts";
import { checkedTemplate, templateBody } from "../engine/definition.ts";
import { validationError } from "../errors.ts";
import type { Template } from "../template/template.ts";
import { findChangeSet } from "./change-sets.ts";
import type { Client } from "./index.ts";

type Names = "GetTemplate" | "GetTemplateSummary" | "ValidateTemplate";

export function templateOperations(service: CloudFormation): Pick<Operations<Client>, Names> {
  const { region, repository, types } = service;
  return {
    GetTemplate({ StackName, ChangeSetName }) {
      const definition =
        ChangeSetName === undefined
          ? repository.get(StackName ?? "").definition
          : findChangeSet(service, ChangeSetName, StackName).definition;
      // A stack in review has no template yet, which is no error: the AWS CDK asks for it before it executes a change set.
      if (!definition) return { StagesAvailable: ["Original", "Processed"] };
      return { TemplateBody: definition.body, StagesAvailable: ["Original", "Processed"] };
    },

    async ValidateTemplate(input) {
      const template = await checkedTemplate(types, await templateBody(region, input));
      return {
        ...(template.description !== undefined && { Description: template.description }),
        Parameters: Object.entries(template.parameters).map(([ParameterKey, parameter]) => ({
          ParameterKey,
          ...(parameter.Default !== undefined && { DefaultValue: parameter.Default }),
          NoEcho: parameter.NoEcho ?? false,
          ...(parameter.Description !== undefined && { Description: parameter.Description }),
        })),
        ...capabilities(template),
        ...(template.transforms.length > 0 && { DeclaredTransforms: template.transforms }),
      };
    },

    async GetTemplateSummary(input) {
      if (input.StackSetName !== undefined)
        throw new AwsError("StackSetNotFoundException", `StackSet ${input.StackSetName} not found`);
      const stack = input.StackName === undefined ? undefined : repository.get(input.StackName);
      if (stack && !stack.definition)
        throw validationError("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.");
      const body = stack?.definition?.body ?? (await templateBody(region, input));
      const template = await checkedTemplate(types, body);
      return {
        ...(template.description !== undefined && { Description: template.description }),
        Parameters: Object.entries(template.parameters).map(([ParameterKey, parameter]) => ({
          ParameterKey,
          ParameterType: parameter.Type,
          ...(parameter.Default !== undefined && { DefaultValue: parameter.Default }),
          NoEcho: parameter.NoEcho ?? false,
          ...(parameter.Description !== undefined && { Description: parameter.Description }),
          ParameterConstraints: parameter.AllowedValues ? { AllowedValues: parameter.AllowedValues } : {},
        })),
        ...capabilities(template),
        ResourceTypes: [...new Set(Object.values(template.resources).map(({ Type }) => Type))],
        Version: "2010-09-09",
        ...(template.metadata !== undefined && { Metadata: JSON.stringify(template.metadata) }),
        ...(template.transforms.length > 0 && { DeclaredTransforms: template.transforms }),
      };
    },
  };
}

function capabilities(template: Template): { Capabilities?: Capability[]; CapabilitiesReason?: string } {
  const { capabilities: needed, reason } = requiredCapabilities(template);
  return reason === undefined ? {} : { Capabilities: needed as Capability[], CapabilitiesReason: reason };
}
