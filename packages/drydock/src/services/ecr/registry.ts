import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import {
  type BlobStorage,
  createBlobFiles,
  createRegistryHandler,
  denied,
  nameUnknown,
  type RegistryHandler,
  type RegistryHooks,
  type RegistryStorage,
  tagInvalid,
  unauthorized,
} from "@fardel/oci";
import type { Region } from "../../region.ts";
import { checkAuthorization, checkDownload } from "./authorization-token.ts";
import { immutableTagText, repositoryNotFoundText } from "./errors.ts";
import { Images } from "./images.ts";
import { isImmutable, Repositories } from "./repositories.ts";

/** What the API's operations and the registry at /v2/ share. */
export interface EcrRegistry {
  repositories: Repositories;
  images: Images;
  blobs: BlobStorage;
  storage: RegistryStorage;
  hooks: RegistryHooks;
  handler: RegistryHandler;
}

const registries = new WeakMap<Region, EcrRegistry>();

/** The region's registry; one per region, as uploads in progress are known to it alone. */
export function registryOf(region: Region): EcrRegistry {
  const registry = registries.get(region) ?? createRegistry(region);
  registries.set(region, registry);
  return registry;
}

function createRegistry(region: Region): EcrRegistry {
  const repositories = new Repositories(region);
  const images = new Images(region);
  const blobs = createBlobFiles(join(region.directory, "registry"));
  const storage = { blobs, manifests: images };
  const hooks: RegistryHooks = {
    checkRepository(name) {
      if (repositories.find(name) === undefined) throw nameUnknown(repositoryNotFoundText(region.accountId, name));
    },
    beforeManifest(name, { tag }) {
      const repository = repositories.find(name);
      if (repository === undefined) throw nameUnknown(repositoryNotFoundText(region.accountId, name));
      // Also for the image the tag already names (https://github.com/aws/containers-roadmap/issues/2179).
      if (tag !== undefined && images.digestOf(name, tag) !== undefined && isImmutable(repository, tag))
        throw tagInvalid(immutableTagText(name, tag));
    },
  };
  const authorize = (request: IncomingMessage) => checkRequest(region, request);
  return { repositories, images, blobs, storage, hooks, handler: createRegistryHandler({ storage, authorize, hooks }) };
}

/** Basic authorization with a token of GetAuthorizationToken, or the signed address of one layer. */
function checkRequest(region: Region, request: IncomingMessage): void {
  if (request.method === "GET" && checkDownload(region, request.url ?? "/")) return;
  const outcome = checkAuthorization(region, request.headers.authorization);
  if (outcome === "missing")
    throw unauthorized(`Basic realm="${region.endpoint.origin}/",service="ecr.amazonaws.com"`, "Not Authorized");
  if (outcome === "invalid") throw denied("Your Authorization Token is invalid.");
  if (outcome === "expired") throw denied("Your authorization token has expired. Reauthenticate and try again.");
}
