export * from "./aws/account.ts";
export { type Aws, connectAws } from "./aws/clients.ts";
export { isAwsError } from "./aws/errors.ts";
export { type AwsTarget, localEnvironment } from "./aws/target.ts";
export type * from "./config/app.ts";
export { jsonSchema } from "./config/json-schema.ts";
export { loadManifest, type ManifestSource, manifestFromYaml, type ResolveOptions, resolveApp } from "./config/load.ts";
export { fillText } from "./config/references.ts";
export type { Manifest } from "./config/schema/manifest.ts";
export { refuseUnsupported, unsupportedKeys, whereWritten } from "./config/unsupported.ts";
export * from "./errors.ts";
export type { Emit, FardelEvent } from "./events.ts";
export { type BuildImagesOptions, buildImages, type PushedImage, pushImages } from "./images/build-images.ts";
export { findTagged } from "./images/find-tagged.ts";
export { type ListedImage, listImages } from "./images/list-images.ts";
export { type MeasuredImage, measureImages } from "./images/measure-images.ts";
export { imageKey } from "./images/needed-images.ts";
export { type PublishedImage, publishImages } from "./images/publish-images.ts";
export { checkTags } from "./images/tags.ts";
export { applyInfrastructure } from "./infra/apply.ts";
export type { ResourceChange } from "./infra/change-set.ts";
export { type EnvironmentDescriptor, readDescriptor } from "./infra/descriptor.ts";
export { destroyInfrastructure } from "./infra/destroy.ts";
export { loadBalancerUrl } from "./infra/load-balancer-url.ts";
export { planInfrastructure, type StackPlan } from "./infra/plan.ts";
export { type EnvironmentEvent, type EventsRequest, readEvents } from "./observe/events.ts";
export { type ReleaseTimeline, releaseHistory, releaseTimeline } from "./observe/history.ts";
export { type LogLine, type LogRequest, readLogs } from "./observe/logs.ts";
export type { Shortening } from "./observe/shortenings.ts";
export {
  type DeploymentStatus,
  type EnvironmentStatus,
  environmentStatus,
  type ServiceStatus,
} from "./observe/status.ts";
export type { Diagnosis, FailedTask } from "./release/diagnosis.ts";
export type { LockHolder } from "./release/lock.ts";
export { findOrigin, type Origin } from "./release/origin.ts";
export { exitCodeOf, type ReleaseOutcome, type ServiceOutcome } from "./release/outcome.ts";
export type { Phase } from "./release/phases.ts";
export { type Difference, planRelease, type ReleasePlan, type RulePlan, type WorkloadPlan } from "./release/plan.ts";
export { type PromoteRequest, promote } from "./release/promote.ts";
export type { ReleaseRecord } from "./release/record.ts";
export { deploy } from "./release/release.ts";
export type { ChangeRequest, DeployRequest, RollbackRequest, Surroundings } from "./release/request.ts";
export { rollback } from "./release/rollback.ts";
export { type RunOutcome, type RunRequest, runTask } from "./release/run-task.ts";
export { servingRelease } from "./release/serving-release.ts";
export { takeDown } from "./release/take-down.ts";
