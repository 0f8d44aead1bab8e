export { OciError } from "./errors.ts";
export * from "./image.ts";
export { formatReference, type ImageReference, parseReference, parseRepository } from "./registry/reference.ts";
export { createBlobFiles } from "./registry/server/blob-files.ts";
export type { ManifestPush, RegistryHooks } from "./registry/server/exchange.ts";
export { createManifestFiles } from "./registry/server/manifest-files.ts";
export * from "./registry/server/registry-error.ts";
export { createRegistryHandler, type RegistryHandler, type RegistryHandlerOptions } from "./registry/server/server.ts";
export type { BlobStorage, ManifestStorage, RegistryStorage, StoredManifest } from "./registry/server/storage.ts";
