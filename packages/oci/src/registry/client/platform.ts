import { OciError } from "../../errors.ts";
import type { Descriptor, Platform } from "../../image.ts";

/** `linux/arm64`, `linux/arm/v7`: as Docker writes platforms. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined && part !== "").join("/");
}

/** Whether an image for `offered` runs on `wanted`. arm64 without a variant is v8, arm without one v7. */
export function fitsPlatform(offered: Platform, wanted: Platform): boolean {
  return (
    offered.os === wanted.os &&
    offered.architecture === wanted.architecture &&
    (wanted.variant === undefined || variantOf(offered) === variantOf(wanted))
  );
}

/**
 * The manifest of an index that is for this platform.
 *
 * @throws OciError `platform-not-found`, naming the platforms there are.
 */
export function selectPlatform(manifests: Descriptor[], wanted: Platform, reference: string): Descriptor {
  const offers = manifests.flatMap((manifest) =>
    // Build attestations stand in an index as unknown/unknown.
    manifest.platform === undefined || manifest.platform.os === "unknown"
      ? []
      : [{ manifest, platform: manifest.platform }],
  );
  const fitting = offers.filter(({ platform }) => fitsPlatform(platform, wanted));
  const exact = fitting.find(({ platform }) => variantOf(platform) === variantOf(wanted));
  const found = exact ?? fitting[0];
  if (found !== undefined) return found.manifest;
  throw noSuchPlatform(
    reference,
    wanted,
    offers.map(({ platform }) => platform),
  );
}

/** The error for an image that is not there for a platform. */
export function noSuchPlatform(reference: string, wanted: Platform, offered: Platform[]): OciError {
  const list = offered.map(formatPlatform).join(", ") || "no platform at all";
  return new OciError(
    "platform-not-found",
    `${reference} is not there for ${formatPlatform(wanted)}; it has ${list}.`,
    {
      fix: "Set 'platform' to one it has, or use an image built for this one.",
    },
  );
}

function variantOf({ architecture, variant }: Platform): string | undefined {
  const implied: Record<string, string> = { arm64: "v8", arm: "v7" };
  return variant === undefined || variant === "" ? implied[architecture] : variant;
}
