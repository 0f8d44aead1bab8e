export * from "./aws/account.ts";
export { type Aws, connectAws } from "./aws/clients.ts";
export { isAwsError } from "./aws/errors.ts";
export { type AwsTarget, localEnvironment } from "./aws/target.ts";
export * from "./errors.ts";
export type { Emit, FardelEvent } from "./events.ts";
export { type EnvironmentDescriptor, readDescriptor } from "./infra/descriptor.ts";
