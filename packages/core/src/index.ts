export * from "./errors.ts";
export type { Emit, FardelEvent } from "./events.ts";
