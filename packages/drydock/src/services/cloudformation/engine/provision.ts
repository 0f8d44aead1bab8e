import { AwsError } from "../../../errors.ts";
import { resolveDynamicReferences } from "../template/dynamic-references.ts";
import { compare } from "./comparison.ts";
import { checkSecureReferences, dynamicReader } from "./dynamic-values.ts";
import type { Environment } from "./environment.ts";
import { generatedName } from "./physical-name.ts";
import { checkProperties } from "./properties.ts";
import type { Physical, StackRecord } from "./records.ts";
import type { ExistingContext, ResourceContext, ResourceType } from "./resource-type.ts";

/** One physical resource of a stack, as the steps below work on it. */
export interface Subject {
  stack: StackRecord;
  logicalId: string;
  signal: AbortSignal;
}

type Properties = Record<string, unknown>;

async function contextOf(
  { region }: Environment,
  subject: Subject,
  type: ResourceType,
  physical: Physical,
): Promise<ResourceContext<Properties>> {
  checkSecureReferences(physical.type, physical.properties);
  const resolved = (await resolveDynamicReferences(physical.properties, dynamicReader(region))) as Properties;
  return {
    ...identity(region, subject, physical),
    properties: checkProperties({ name: physical.type, ...type }, subject.logicalId, resolved),
  };
}

function identity(region: Environment["region"], { stack, logicalId, signal }: Subject, physical: Physical) {
  return {
    region,
    logicalId,
    stackName: stack.name,
    stackId: stack.id,
    tags: physical.tags,
    token: physical.token,
    signal,
    made: () => {},
    generatedName: (maxLength: number) => generatedName(stack.name, logicalId, physical.token, maxLength),
  };
}

/**
 * Makes a resource.
 * @param made called with the physical id as soon as there is something that would have to be deleted again
 */
export async function createPhysical(
  environment: Environment,
  subject: Subject,
  type: ResourceType,
  physical: Physical,
  made: (physicalId: string) => void,
): Promise<Physical> {
  let known: string | undefined;
  const tell = (physicalId: string) => {
    if (physicalId !== known) made(physicalId);
    known = physicalId;
  };
  const context = { ...(await contextOf(environment, subject, type, physical)), made: tell };
  const physicalId = await named(type.create(context));
  tell(physicalId);
  return settled(type, { ...physical, physicalId }, { ...context, physicalId, attributes: {} });
}

/** Changes a resource from what it is to what it is to be. */
export async function updatePhysical(
  environment: Environment,
  subject: Subject,
  type: ResourceType,
  before: Physical,
  after: Physical,
): Promise<Physical> {
  const context = await contextOf(environment, subject, type, after);
  const { properties: previous } = await contextOf(environment, subject, type, before);
  const { changed } = compare(type, before, after);
  if (!type.update)
    throw new Error(`Resource type ${after.type} can't change [${[...changed].join(", ")}] of a resource in place`);
  const { attributes } = before;
  const physicalId =
    (await named(
      type.update({
        ...context,
        physicalId: before.physicalId,
        attributes,
        previous,
        previousTags: before.tags,
        changed,
      }),
    )) ?? before.physicalId;
  return settled(type, { ...after, physicalId }, { ...context, physicalId, attributes });
}

async function settled(
  type: ResourceType,
  physical: Physical,
  context: ExistingContext<Properties>,
): Promise<Physical> {
  if (type.settle) await named(type.settle(context));
  return { ...physical, attributes: type.read ? await named(type.read(context)) : {} };
}

/** Deletes a resource; dynamic references of its properties are left as they are: what they name may be gone by now. */
export async function deletePhysical(
  { region }: Environment,
  subject: Subject,
  type: ResourceType,
  physical: Physical,
  options: { snapshot: boolean } = { snapshot: false },
): Promise<void> {
  const context: ExistingContext<Properties> = {
    ...identity(region, subject, physical),
    properties: lenient(type, physical.properties),
    physicalId: physical.physicalId,
    attributes: physical.attributes,
  };
  await named(type.delete(context, options));
}

/** Properties with their types where they pass the check, which those of a resource that once was made do. */
function lenient(type: ResourceType, properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) => {
      try {
        return [[name, type.properties[name]?.shape(value, name)]];
      } catch {
        return [];
      }
    }),
  );
}

/** An error of a service called for a resource says which one it was: its code goes into the reason. */
async function named<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new Error(`${error.message} (Service error code: ${error.code})`, { cause: error });
  }
}
