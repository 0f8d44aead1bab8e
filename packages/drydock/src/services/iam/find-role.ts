import type { Role, Tag } from "@aws-sdk/client-iam";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";
import { encodeDocument, noSuchEntity } from "./identity.ts";

export interface StoredRole {
  name: string;
  id: string;
  path: string;
  arn: string;
  trust: string;
  description: string | undefined;
  maximumSession: number;
  boundary: string | undefined;
  tags: Tag[];
  /** Inline policies' documents by name. */
  inline: Record<string, string>;
  /** ARNs of attached managed policies. */
  attached: string[];
  created: Date;
}

interface StoredRoles extends Collection<StoredRole> {
  /** Throws NoSuchEntity. */
  find(name: string): StoredRole;
  /** One that its account may change. Throws NoSuchEntity, and UnmodifiableEntity of a service-linked role. */
  findOwn(name: string): StoredRole;
}

export function storedRoles(region: Region): StoredRoles {
  const roles = region.store.collection<StoredRole>("iam.roles");
  const find = (name: string) => {
    const role = roles.get(name);
    if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
    return role;
  };
  return {
    ...roles,
    find,
    findOwn(name) {
      const role = find(name);
      // "Only the service that depends on the service-linked role can modify or delete the role on your behalf."
      // https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
      if (role.path.startsWith("/aws-service-role/")) {
        const message = `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`;
        throw new AwsError("UnmodifiableEntity", message);
      }
      return role;
    },
  };
}

export function describeRole(role: StoredRole): Role {
  return {
    RoleName: role.name,
    RoleId: role.id,
    Path: role.path,
    Arn: role.arn,
    AssumeRolePolicyDocument: encodeDocument(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maximumSession,
    CreateDate: role.created,
    Tags: role.tags,
    RoleLastUsed: {},
    ...(role.boundary && {
      PermissionsBoundary: {
        PermissionsBoundaryArn: role.boundary,
        PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const,
      },
    }),
  };
}
