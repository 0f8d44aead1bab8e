import type { Region } from "../../../region.ts";
import type { Journal } from "./journal.ts";
import type { StackRepository } from "./repository.ts";
import type { ResourceTypes } from "./resource-type.ts";

/** What every part of the engine works with. */
export interface Environment {
  region: Region;
  repository: StackRepository;
  types: ResourceTypes;
  journal: Journal;
}
