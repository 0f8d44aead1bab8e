import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { CompleteMultipartUploadCommandInput } from "@aws-sdk/client-s3";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { attributesOf, checkKey, describeEncryption } from "./attributes.ts";
import { checkWrite } from "./conditions.ts";
import { invalidArgument, noSuchUpload } from "./errors.ts";
import type { Objects, ObjectVersion } from "./objects.ts";
import { receiveBody } from "./receive.ts";

type S3Operations = Operations<typeof import("@aws-sdk/client-s3")>;

interface Part {
  number: number;
  file: string;
  size: number;
  md5: string;
  modified: Date;
}

interface Upload {
  id: string;
  bucket: string;
  key: string;
  started: Date;
  attributes: ReturnType<typeof attributesOf>;
  parts: Part[];
}

interface Target {
  Bucket: string;
  Key: string;
  UploadId: string;
}

// "Part size: 5 MiB to 5 GiB. There is no minimum size limit on the last part of your multipart upload."
const minimumPartBytes = 5 * 1024 * 1024;

export function multipartOperations(region: Region, objects: Objects): S3Operations {
  const uploads = region.store.collection<Upload>("s3.uploads");

  const find = (input: Target): Upload => {
    objects.bucket(input.Bucket);
    const upload = uploads.get(input.UploadId);
    if (!upload || upload.bucket !== input.Bucket || upload.key !== input.Key) throw noSuchUpload(input.UploadId);
    return upload;
  };

  const complete = (input: CompleteMultipartUploadCommandInput & Target, version: Omit<ObjectVersion, "id">) => {
    try {
      return region.store.transaction(() => {
        // Not the one found before: while its parts were joined it may have been completed or aborted by another call.
        const upload = find(input);
        checkWrite(input, input.Key, objects.find(input.Bucket, input.Key)?.versions[0]);
        uploads.delete(upload.id);
        return objects.add(objects.bucket(input.Bucket), input.Key, version);
      });
    } catch (error) {
      objects.removeFiles([version]);
      throw error;
    }
  };

  return {
    CreateMultipartUpload: (input) => {
      objects.bucket(input.Bucket);
      checkKey(input.Key);
      const attributes = attributesOf(input);
      const id = randomBytes(32).toString("base64url");
      uploads.put(id, {
        id,
        bucket: input.Bucket,
        key: input.Key,
        started: new Date(region.clock.now()),
        attributes,
        parts: [],
      });
      return { Bucket: input.Bucket, Key: input.Key, UploadId: id, ...describeEncryption(attributes) };
    },

    UploadPart: async (input) => {
      find(input);
      if (input.PartNumber < 1 || input.PartNumber > 10_000) {
        throw invalidArgument("Part number must be an integer between 1 and 10000, inclusive");
      }
      const file = objects.newFile();
      const { size, md5, checksums } = await receiveBody(input.Body, objects.path(file), input);
      const upload = find(input);
      const part = { number: input.PartNumber, file, size, md5, modified: new Date(region.clock.now()) };
      const replaced = upload.parts.filter(({ number }) => number === part.number);
      uploads.put(upload.id, { ...upload, parts: [...upload.parts.filter((each) => !replaced.includes(each)), part] });
      objects.removeFiles(replaced);
      return { ETag: `"${md5}"`, ...describeEncryption(upload.attributes), ...checksums };
    },

    CompleteMultipartUpload: async (input) => {
      const upload = find(input);
      const parts = chooseParts(upload, input.MultipartUpload?.Parts ?? []);
      const file = objects.newFile();
      await concatenate(
        parts.map((part) => objects.path(part.file)),
        objects.path(file),
      );
      const digests = Buffer.concat(parts.map(({ md5 }) => Buffer.from(md5, "hex")));
      const version: Omit<ObjectVersion, "id"> = {
        deleteMarker: false,
        file,
        size: parts.reduce((sum, { size }) => sum + size, 0),
        // The ETag of a multipart object: the MD5 of its parts' MD5s, and how many they are.
        etag: `"${createHash("md5").update(digests).digest("hex")}-${parts.length}"`,
        modified: new Date(region.clock.now()),
        checksums: {},
        parts: parts.map(({ size }) => size),
        ...upload.attributes,
      };
      const added = complete(input, version);
      objects.removeFiles(upload.parts);
      return {
        Location: new URL(`/${input.Bucket}/${input.Key}`, region.endpoint).href,
        Bucket: input.Bucket,
        Key: input.Key,
        ETag: added.etag,
        ...describeEncryption(added),
        ...(added.id !== "null" && { VersionId: added.id }),
      };
    },

    AbortMultipartUpload: (input) => {
      const upload = find(input);
      uploads.delete(upload.id);
      objects.removeFiles(upload.parts);
      return {};
    },

    ListParts: (input) => {
      const upload = find(input);
      const after = Number(input.PartNumberMarker ?? 0);
      const rest = inOrder(upload.parts).filter(({ number }) => number > after);
      const page = rest.slice(0, Math.min(input.MaxParts ?? 1000, 1000));
      return {
        Bucket: upload.bucket,
        Key: upload.key,
        UploadId: upload.id,
        PartNumberMarker: input.PartNumberMarker,
        MaxParts: input.MaxParts ?? 1000,
        StorageClass: upload.attributes.storageClass ?? "STANDARD",
        IsTruncated: rest.length > page.length,
        NextPartNumberMarker: page.length > 0 ? String(page.at(-1)?.number) : undefined,
        Parts: page.map(({ number, size, md5, modified }) => ({
          PartNumber: number,
          Size: size,
          ETag: `"${md5}"`,
          LastModified: modified,
        })),
      };
    },

    ListMultipartUploads: (input) => {
      objects.bucket(input.Bucket);
      if (input.Delimiter !== undefined) {
        throw new AwsError("NotImplemented", "drydock lists multipart uploads without a delimiter.", { status: 501 });
      }
      const limit = Math.min(input.MaxUploads ?? 1000, 1000);
      const place = ({ key, id }: Pick<Upload, "key" | "id">) => `${key}\0${id}`;
      // Without an upload's id the marker stands for all uploads of its key.
      const after = input.KeyMarker && place({ key: input.KeyMarker, id: input.UploadIdMarker ?? "\uffff" });
      const rest = uploads
        .list()
        .filter(({ bucket, key }) => bucket === input.Bucket && key.startsWith(input.Prefix ?? ""))
        .filter((upload) => after === undefined || place(upload) > after)
        .sort((a, b) => (place(a) < place(b) ? -1 : 1));
      const page = rest.slice(0, limit);
      const last = rest.length > page.length ? page.at(-1) : undefined;
      return {
        Bucket: input.Bucket,
        Prefix: input.Prefix,
        KeyMarker: input.KeyMarker ?? "",
        UploadIdMarker: input.UploadIdMarker ?? "",
        MaxUploads: limit,
        IsTruncated: last !== undefined,
        NextKeyMarker: last?.key,
        NextUploadIdMarker: last?.id,
        Uploads: page.map(({ id, key, started, attributes }) => ({
          UploadId: id,
          Key: key,
          Initiated: started,
          StorageClass: attributes.storageClass ?? "STANDARD",
        })),
      };
    },
  };
}

function chooseParts(upload: Upload, named: { PartNumber?: number | undefined; ETag?: string | undefined }[]): Part[] {
  if (named.some(({ PartNumber = 0 }, index) => index > 0 && PartNumber <= (named[index - 1]?.PartNumber ?? 0))) {
    const message =
      "The list of parts was not in ascending order. The parts list must be specified in order by part number.";
    throw new AwsError("InvalidPartOrder", message, { status: 400 });
  }
  const parts = named.map(({ PartNumber, ETag }) =>
    upload.parts.find(({ number, md5 }) => number === PartNumber && md5 === ETag?.replaceAll('"', "")),
  );
  if (parts.length === 0 || parts.includes(undefined)) {
    const message =
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
    throw new AwsError("InvalidPart", message, { status: 400 });
  }
  const chosen = parts.flatMap((part) => part ?? []);
  if (chosen.slice(0, -1).some(({ size }) => size < minimumPartBytes)) {
    const message = "Your proposed upload is smaller than the minimum allowed size";
    throw new AwsError("EntityTooSmall", message, { status: 400 });
  }
  return chosen;
}

function inOrder(parts: Part[]): Part[] {
  return [...parts].sort((a, b) => a.number - b.number);
}

async function concatenate(sources: string[], target: string): Promise<void> {
  for (const [index, source] of sources.entries()) {
    await pipeline(
      createReadStream(source),
      createWriteStream(target, { flags: index === 0 ? "w" : "a", mode: 0o600 }),
    );
  }
}
