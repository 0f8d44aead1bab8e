export { type Drydock, type DrydockOptions, startDrydock } from "./drydock.ts";
