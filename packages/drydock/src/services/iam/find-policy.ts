import type { Tag } from "@aws-sdk/client-iam";
import type { Region } from "../../region.ts";
import { awsManagedPolicies } from "./aws-policies.ts";
import { noSuchEntity } from "./identity.ts";

export interface StoredPolicy {
  name: string;
  id: string;
  arn: string;
  path: string;
  description: string | undefined;
  tags: Tag[];
  /** `v1`, `v2`, …, and which of them is in force. */
  versions: { id: string; document: string; created: Date }[];
  defaultVersion: string;
  /** How many versions there ever were: a number isn't given twice. */
  versionsMade: number;
  created: Date;
}

/** A policy of this account, or one of AWS's own. Throws NoSuchEntity. */
export function findPolicy(region: Region, arn: string): StoredPolicy {
  const policy = region.store.collection<StoredPolicy>("iam.policies").get(arn) ?? awsPolicy(arn);
  if (!policy) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  return policy;
}

function awsPolicy(arn: string): StoredPolicy | undefined {
  const known = Object.hasOwn(awsManagedPolicies, arn) ? awsManagedPolicies[arn] : undefined;
  if (!known) return undefined;
  const resource = arn.slice("arn:aws:iam::aws:policy".length);
  const name = resource.slice(resource.lastIndexOf("/") + 1);
  const created = new Date("2020-01-01T00:00:00Z");
  const statement = { Effect: "Allow", Action: known.actions, Resource: known.resource ?? "*" };
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  return {
    name,
    id: `ANPA${Buffer.from(name).toString("hex").toUpperCase().slice(0, 17)}`,
    arn,
    path: resource.slice(0, resource.lastIndexOf("/") + 1),
    description: undefined,
    tags: [],
    versions: [{ id: "v1", document, created }],
    defaultVersion: "v1",
    versionsMade: 1,
    created,
  };
}
