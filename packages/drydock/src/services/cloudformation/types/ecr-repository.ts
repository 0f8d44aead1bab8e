import { type CreateRepositoryCommandInput, CreateRepositoryRequest$ } from "@aws-sdk/client-ecr";
import { ifThere, present } from "../engine/calls.ts";
import { boolean, inPlace, jsonText, replacement, structure, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { ownTags, tagChanges } from "../engine/tags.ts";

export const repository = defineResourceType({
  properties: {
    EmptyOnDelete: inPlace(boolean),
    EncryptionConfiguration: replacement(
      sdkShape<CreateRepositoryCommandInput, "encryptionConfiguration">(
        CreateRepositoryRequest$,
        "encryptionConfiguration",
      ),
    ),
    ImageScanningConfiguration: inPlace(
      sdkShape<CreateRepositoryCommandInput, "imageScanningConfiguration">(
        CreateRepositoryRequest$,
        "imageScanningConfiguration",
      ),
    ),
    ImageTagMutability: inPlace(
      sdkShape<CreateRepositoryCommandInput, "imageTagMutability">(CreateRepositoryRequest$, "imageTagMutability"),
    ),
    LifecyclePolicy: inPlace(structure({ LifecyclePolicyText: text, RegistryId: text })),
    RepositoryName: replacement(text),
    RepositoryPolicyText: inPlace(jsonText),
    Tags: inPlace(tags),
  },
  unsupported: ["ImageTagMutabilityExclusionFilters"],
  attributes: ["Arn", "RepositoryUri"],
  nameProperty: "RepositoryName",
  async create({ region, properties, tags, generatedName, made }) {
    const ecr = region.call("ecr");
    // "The repository name must start with a letter and can only contain lowercase letters, numbers, …"
    const repositoryName = properties.RepositoryName ?? generatedName(256).toLowerCase();
    await ecr.CreateRepository({
      repositoryName,
      encryptionConfiguration: properties.EncryptionConfiguration,
      imageScanningConfiguration: properties.ImageScanningConfiguration,
      imageTagMutability: properties.ImageTagMutability,
      // ECR takes no `aws:` tags from its callers.
      tags: ownTags(tags),
    });
    made(repositoryName);
    const lifecyclePolicyText = properties.LifecyclePolicy?.LifecyclePolicyText;
    if (lifecyclePolicyText !== undefined) await ecr.PutLifecyclePolicy({ repositoryName, lifecyclePolicyText });
    const policyText = properties.RepositoryPolicyText;
    if (policyText !== undefined) await ecr.SetRepositoryPolicy({ repositoryName, policyText });
    return repositoryName;
  },
  async read({ region, physicalId }) {
    const { repositories = [] } = await region.call("ecr").DescribeRepositories({ repositoryNames: [physicalId] });
    const { repositoryArn, repositoryUri } = present(repositories[0], "repository");
    return { Arn: repositoryArn, RepositoryUri: repositoryUri };
  },
  async update({ region, physicalId: repositoryName, properties, attributes, previousTags, tags, changed }) {
    const ecr = region.call("ecr");
    const { ImageTagMutability, ImageScanningConfiguration, LifecyclePolicy, RepositoryPolicyText } = properties;
    if (changed.has("ImageTagMutability"))
      await ecr.PutImageTagMutability({ repositoryName, imageTagMutability: ImageTagMutability ?? "MUTABLE" });
    if (changed.has("ImageScanningConfiguration"))
      await ecr.PutImageScanningConfiguration({
        repositoryName,
        imageScanningConfiguration: ImageScanningConfiguration ?? { scanOnPush: false },
      });
    const lifecyclePolicyText = LifecyclePolicy?.LifecyclePolicyText;
    if (lifecyclePolicyText !== undefined) await ecr.PutLifecyclePolicy({ repositoryName, lifecyclePolicyText });
    else if (changed.has("LifecyclePolicy")) await ifThere(/NotFound/, ecr.DeleteLifecyclePolicy({ repositoryName }));
    if (RepositoryPolicyText !== undefined)
      await ecr.SetRepositoryPolicy({ repositoryName, policyText: RepositoryPolicyText });
    else if (changed.has("RepositoryPolicyText"))
      await ifThere(/NotFound/, ecr.DeleteRepositoryPolicy({ repositoryName }));
    if (changed.has("Tags")) {
      const { set, removed } = tagChanges(previousTags, tags);
      const resourceArn = String(attributes.Arn);
      if (removed.length > 0) await ecr.UntagResource({ resourceArn, tagKeys: removed });
      if (set.length > 0) await ecr.TagResource({ resourceArn, tags: set });
    }
    return undefined;
  },
  async delete({ region, physicalId, properties: { EmptyOnDelete: force } }) {
    const call = region.call("ecr").DeleteRepository({ repositoryName: physicalId, ...(force && { force }) });
    await ifThere(/RepositoryNotFound/, call);
  },
});
