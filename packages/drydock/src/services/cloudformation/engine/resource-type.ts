import type { Region } from "../../../region.ts";
import type { PropertyRule, PropertyRules, PropertyValues } from "./properties.ts";

export interface Tag {
  Key: string;
  Value: string;
}

/** What a resource type's code sees of the resource it makes. `P`: the properties, checked, with their types. */
export interface ResourceContext<P> {
  region: Region;
  properties: P;
  logicalId: string;
  stackName: string;
  stackId: string;
  /** The template's tags over the stack's, and the `aws:cloudformation:*` ones. */
  tags: Tag[];
  /** Stays the same when the step is done again after a restart: for client tokens. */
  token: string;
  /** `<stack>-<logical id>-<random>`, cut to what the service allows; the same every time for one resource. */
  generatedName(maxLength: number): string;
  /** Says early that there is something under this id, which must be deleted again should the rest of `create` fail. */
  made(physicalId: string): void;
  /** Aborted when another resource of the stack has failed: a wait need not go on. */
  signal: AbortSignal;
}

export interface ExistingContext<P> extends ResourceContext<P> {
  physicalId: string;
  /** As `read` last gave them. */
  attributes: Record<string, unknown>;
}

export interface UpdateContext<P> extends ExistingContext<P> {
  previous: P;
  previousTags: Tag[];
  /** Names of the properties that differ; "Tags" also when only the stack's tags do. */
  changed: ReadonlySet<string>;
}

/** How CloudFormation makes, changes and removes one type of resource. */
export interface ResourceType<R extends PropertyRules = PropertyRules> {
  /** Every property there is, and what changing it means, as in AWS's resource reference. */
  properties: R;
  /** Properties AWS has and drydock doesn't: a template with one is refused with an error that says so. */
  unsupported?: readonly string[];
  /** What Fn::GetAtt takes. */
  attributes?: readonly string[];
  /** The property that names the resource: with it set, a replacement needs a new name. */
  nameProperty?: keyof R & string;
  /** False for types without tags. */
  taggable?: boolean;
  /** Makes the resource; the physical id is what Ref gives. */
  create(context: ResourceContext<PropertyValues<R>>): Promise<string>;
  /** Waits until a resource just made or changed can be used. Its physical id is on disk by then. */
  settle?(context: ExistingContext<PropertyValues<R>>): Promise<void>;
  /** The attributes for Fn::GetAtt. */
  read?(context: ExistingContext<PropertyValues<R>>): Promise<Record<string, unknown>>;
  /** Changes it in place; the answer is its physical id when that has changed. */
  update?(context: UpdateContext<PropertyValues<R>>): Promise<string | undefined>;
  /** Removes it; one that is already gone is no error. With `snapshot` its data is kept in one. */
  delete(context: ExistingContext<PropertyValues<R>>, options: { snapshot: boolean }): Promise<void>;
  /** True for types that DeletionPolicy Snapshot is for. */
  hasSnapshots?: boolean;
  /** Further cases in which a change needs a new resource. */
  needsReplacement?(previous: Record<string, unknown>, next: Record<string, unknown>): boolean;
}

/** Gives a type's code the types of its properties. */
export function defineResourceType<R extends Record<string, PropertyRule>>(type: ResourceType<R>): ResourceType {
  return type as unknown as ResourceType;
}

/** The types a region knows, by name. */
export interface ResourceTypes {
  /** Undefined for a type there isn't. */
  load(name: string): Promise<ResourceType | undefined>;
}
