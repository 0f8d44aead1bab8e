import type { Tag } from "@aws-sdk/client-iam";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";
import { noSuchEntity } from "./identity.ts";

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

export function storedRoles(region: Region): Collection<StoredRole> & { find(name: string): StoredRole } {
  const roles = region.store.collection<StoredRole>("iam.roles");
  return {
    ...roles,
    find(name) {
      const role = roles.get(name);
      if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
      return role;
    },
  };
}
