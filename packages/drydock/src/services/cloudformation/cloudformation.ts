import type { Region } from "../../region.ts";
import { StackEngine } from "./engine/engine.ts";
import type { Environment } from "./engine/environment.ts";
import { Journal } from "./engine/journal.ts";
import { StackRepository } from "./engine/repository.ts";
import type { ResourceTypes } from "./engine/resource-type.ts";
import { resourceTypes } from "./types/index.ts";

/** The service's parts, over one region. */
export interface CloudFormation extends Environment {
  engine: StackEngine;
}

/** Puts the service together; tests give it resource types of their own. */
export function createCloudFormation(region: Region, types: ResourceTypes): CloudFormation {
  const repository = new StackRepository(region);
  const journal = new Journal(repository, () => new Date(region.clock.now()));
  const environment: Environment = { region, repository, types, journal };
  return { ...environment, engine: new StackEngine(environment) };
}

const instances = new WeakMap<Region, CloudFormation>();

/** The one instance of a region: its operations and its start share it. */
export function cloudFormationOf(region: Region): CloudFormation {
  let instance = instances.get(region);
  if (!instance) {
    instance = createCloudFormation(region, resourceTypes);
    const { engine } = instance;
    region.onClose(() => engine.close());
    instances.set(region, instance);
  }
  return instance;
}
