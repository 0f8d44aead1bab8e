import type { Layer, LayerFailure } from "@aws-sdk/client-ecr";
import { RegistryError } from "@fardel/oci";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import { downloadUrl } from "../authorization-token.ts";
import { layerInaccessible, uploadNotFound } from "../errors.ts";
import type { EcrRegistry } from "../registry.ts";

type Client = typeof import("@aws-sdk/client-ecr");

/** What the service proposes for the parts of an upload, in bytes. */
const partSize = 20 * 1024 * 1024;
const validDigest = /^sha256:[0-9a-f]{64}$/;

/** Layers through the API, as Docker's proxy and some tools use it; the registry at /v2/ is the usual way. */
export function layerOperations(
  region: Region,
  { repositories, blobs }: EcrRegistry,
): Pick<
  Operations<Client>,
  | "BatchCheckLayerAvailability"
  | "GetDownloadUrlForLayer"
  | "InitiateLayerUpload"
  | "UploadLayerPart"
  | "CompleteLayerUpload"
> {
  async function requireUpload(name: string, upload: string): Promise<number> {
    const bytes = await blobs.uploadedBytes(name, upload);
    if (bytes === undefined) throw uploadNotFound(region.accountId, name, upload);
    return bytes;
  }

  return {
    BatchCheckLayerAvailability: async (input) => {
      const { name } = repositories.require(input);
      const layers: Layer[] = [];
      const failures: LayerFailure[] = [];
      for (const layerDigest of input.layerDigests) {
        if (!validDigest.test(layerDigest)) {
          const failureReason = `Invalid layer digest: ${layerDigest}`;
          failures.push({ layerDigest, failureCode: "InvalidLayerDigest", failureReason });
          continue;
        }
        const layerSize = await blobs.size(name, layerDigest);
        if (layerSize === undefined) layers.push({ layerDigest, layerAvailability: "UNAVAILABLE" });
        else layers.push({ layerDigest, layerAvailability: "AVAILABLE", layerSize });
      }
      return { layers, failures };
    },

    GetDownloadUrlForLayer: async (input) => {
      const { name } = repositories.require(input);
      const { layerDigest } = input;
      const known = validDigest.test(layerDigest) && (await blobs.size(name, layerDigest)) !== undefined;
      if (!known) throw layerInaccessible(region.accountId, name, layerDigest);
      return { layerDigest, downloadUrl: downloadUrl(region, name, layerDigest) };
    },

    InitiateLayerUpload: async (input) => {
      const { name } = repositories.require(input);
      return { uploadId: await blobs.startUpload(name), partSize };
    },

    UploadLayerPart: async (input) => {
      const { name } = repositories.require(input);
      const { uploadId, partFirstByte, partLastByte, layerPartBlob } = input;
      const received = await requireUpload(name, uploadId);
      if (partFirstByte !== received || partLastByte - partFirstByte + 1 !== layerPartBlob.length)
        throw new AwsError(
          "InvalidLayerPartException",
          `The layer part of bytes ${partFirstByte} to ${partLastByte} (${layerPartBlob.length} bytes) does not follow the ${received} bytes received.`,
          {
            members: {
              registryId: region.accountId,
              repositoryName: name,
              uploadId,
              lastValidByteReceived: received - 1,
            },
          },
        );
      const bytes = await blobs.append(name, uploadId, single(layerPartBlob));
      return { registryId: region.accountId, repositoryName: name, uploadId, lastByteReceived: bytes - 1 };
    },

    CompleteLayerUpload: async (input) => {
      const { name } = repositories.require(input);
      const { uploadId, layerDigests } = input;
      if ((await requireUpload(name, uploadId)) === 0)
        throw new AwsError("EmptyUploadException", `Upload id '${uploadId}' does not contain any layer parts`);
      const [layerDigest = ""] = layerDigests;
      if (!validDigest.test(layerDigest))
        throw new AwsError("InvalidLayerException", `Invalid layer digest: ${layerDigest}`);
      if ((await blobs.size(name, layerDigest)) !== undefined) {
        await blobs.cancelUpload(name, uploadId);
        throw new AwsError(
          "LayerAlreadyExistsException",
          `Layer with digest '${layerDigest}' already exists in the repository with name '${name}' in registry with id '${region.accountId}'`,
        );
      }
      try {
        await blobs.finishUpload(name, uploadId, layerDigest);
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        throw new AwsError(
          "InvalidLayerException",
          `None of the provided layer digests match the calculated layer digest: ${error.message}`,
        );
      }
      return { registryId: region.accountId, repositoryName: name, uploadId, layerDigest };
    },
  };
}

async function* single(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
