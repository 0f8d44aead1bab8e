import type { App } from "../../config/app.ts";
import { releaseTagPrefix } from "../../images/release-tags.ts";
import { repositoryName } from "../names.ts";
import { exported, getAtt, logicalId, type Resource, type Template, template } from "./template.ts";

/** More than an image can have of the releases that hold on to it: they take their tags away themselves. */
const releasedImagesKept = 10_000;
/** An image without any tag was pushed and never released, or belongs to no release that is kept. */
const untaggedDaysKept = 14;

/** One ECR repository per image that fardel builds. */
export function registryTemplate(app: App, stack: string): Template {
  const resources: Record<string, Resource> = {};
  const outputs = {};
  for (const image of Object.keys(app.images)) {
    const id = repositoryId(image);
    resources[id] = repository(repositoryName(app.name, image));
    Object.assign(outputs, exported(stack, `${id}Uri`, getAtt(id, "RepositoryUri")));
  }
  return template(`fardel: image repositories of ${app.name}`, resources, outputs);
}

export function repositoryId(image: string): string {
  return logicalId(image, "Repository");
}

/**
 * Never expires what a release runs that is kept: "An image that matches the tagging requirements of a rule cannot be
 * expired by a rule with a lower priority", and the first rule matches all of those. Other tags are people's.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
const lifecyclePolicy = {
  rules: [
    {
      rulePriority: 1,
      description: "Keep what releases run; fardel takes the tags of old ones away",
      selection: {
        tagStatus: "tagged",
        tagPrefixList: [releaseTagPrefix],
        countType: "imageCountMoreThan",
        countNumber: releasedImagesKept,
      },
      action: { type: "expire" },
    },
    {
      rulePriority: 2,
      description: `Remove images without a tag after ${untaggedDaysKept} days`,
      selection: {
        tagStatus: "untagged",
        countType: "sinceImagePushed",
        countUnit: "days",
        countNumber: untaggedDaysKept,
      },
      action: { type: "expire" },
    },
  ],
};

function repository(name: string): Resource {
  return {
    Type: "AWS::ECR::Repository",
    Properties: {
      RepositoryName: name,
      EmptyOnDelete: true,
      // Tags such as `{environment}` move from release to release.
      ImageTagMutability: "MUTABLE",
      ImageScanningConfiguration: { ScanOnPush: true },
      LifecyclePolicy: {
        LifecyclePolicyText: JSON.stringify(lifecyclePolicy),
      },
    },
  };
}
