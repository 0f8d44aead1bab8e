import type { App } from "../../config/app.ts";
import { repositoryName } from "../names.ts";
import { exported, getAtt, logicalId, type Resource, type Template, template } from "./template.ts";

/** Releases name images by digest, so an image that lost its tags to a newer one may well be in use or rolled back to. */
const untaggedImagesKept = 500;

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
        LifecyclePolicyText: JSON.stringify({
          rules: [
            {
              rulePriority: 1,
              description: `Keep the last ${untaggedImagesKept} untagged images`,
              selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: untaggedImagesKept },
              action: { type: "expire" },
            },
          ],
        }),
      },
    },
  };
}
