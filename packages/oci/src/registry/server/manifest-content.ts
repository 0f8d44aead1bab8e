import { type Descriptor, mediaTypes } from "../../image.ts";
import { isDigest } from "../digest.ts";
import { manifestInvalid } from "./registry-error.ts";

const indexTypes = new Set<string>([mediaTypes.index, mediaTypes.dockerIndex]);
const manifestTypes = new Set<string>([mediaTypes.manifest, mediaTypes.dockerManifest]);

/** What a manifest needs to be there before it may be stored. */
export interface ManifestReferences {
  blobs: string[];
  manifests: string[];
}

/**
 * The media type of a manifest: its own `mediaType`, which OCI allows to be left out; then its shape tells.
 *
 * @throws RegistryError MANIFEST_INVALID
 */
export function manifestMediaType(bytes: Uint8Array): string {
  return typeOf(parseDocument(bytes));
}

/**
 * Reads a manifest or index and lists what it refers to. Layers that name other places to fetch them from (`urls`) are
 * left out: a registry does not hold them.
 *
 * @param contentType the request's Content-Type; it has to agree with the document.
 * @throws RegistryError MANIFEST_INVALID, which says what is wrong.
 */
export function readManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
): { mediaType: string } & ManifestReferences {
  const document = parseDocument(bytes);
  const mediaType = typeOf(document);
  const stated = contentType?.split(";")[0]?.trim();
  if (stated !== undefined && stated !== "" && stated !== "application/json" && stated !== mediaType)
    throw manifestInvalid(`the manifest is ${mediaType}, but Content-Type says ${stated}`);
  if (indexTypes.has(mediaType))
    return { mediaType, blobs: [], manifests: descriptors(document, "manifests").map(({ digest }) => digest) };
  const layers = descriptors(document, "layers").filter((layer) => !("urls" in layer));
  const config = descriptor(document.config, "config");
  return { mediaType, blobs: [config, ...layers].map(({ digest }) => digest), manifests: [] };
}

type Document = Record<string, unknown>;

function parseDocument(bytes: Uint8Array): Document {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    throw manifestInvalid(`the manifest is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isObject(document)) throw manifestInvalid("the manifest is not a JSON object");
  if (document.schemaVersion !== 2)
    throw manifestInvalid(`schemaVersion is ${JSON.stringify(document.schemaVersion)}; only 2 is supported`);
  return document;
}

function typeOf(document: Document): string {
  const { mediaType } = document;
  if (mediaType === undefined) {
    if (Array.isArray(document.manifests)) return mediaTypes.index;
    if (isObject(document.config)) return mediaTypes.manifest;
    throw manifestInvalid("the document has neither mediaType, config nor manifests");
  }
  if (typeof mediaType === "string" && (indexTypes.has(mediaType) || manifestTypes.has(mediaType))) return mediaType;
  throw manifestInvalid(`mediaType ${JSON.stringify(mediaType)} is not supported`);
}

function descriptors(document: Document, key: string): Descriptor[] {
  const list = document[key];
  if (!Array.isArray(list)) throw manifestInvalid(`${key} is not a list`);
  return list.map((item, index) => descriptor(item, `${key}[${index}]`));
}

function descriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw manifestInvalid(`${where} is not an object`);
  const { digest, size, mediaType } = value;
  if (typeof digest !== "string" || !isDigest(digest)) throw manifestInvalid(`${where}.digest is not a sha256 digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw manifestInvalid(`${where}.size is not a number of bytes`);
  if (typeof mediaType !== "string") throw manifestInvalid(`${where}.mediaType is missing`);
  return { ...value, digest, size, mediaType };
}

function isObject(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
