export {
  type DrydockStatus,
  defaultDirectory,
  readStatus,
  type StartOptions,
  startDetached,
  stopDetached,
} from "./control.ts";
export { type Drydock, type DrydockOptions, startDrydock } from "./drydock.ts";
