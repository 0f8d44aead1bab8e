import type { Region } from "../../region.ts";

/** "The authorization token is valid for 12 hours." */
const tokenMilliseconds = 12 * 60 * 60 * 1000;
/** The real address is one of S3's, signed for an hour. */
const downloadMilliseconds = 60 * 60 * 1000;

/** What a token says, sealed with the region's key so that none can be made up. */
interface Grant {
  expiresAt: number;
  /** The path the grant is for; all of the registry without one. */
  path?: string;
}

/** A password for `docker login --username AWS`, and when it ends. */
export function issueToken(region: Region): { password: string; expiresAt: Date } {
  const expiresAt = region.clock.now() + tokenMilliseconds;
  return { password: seal(region, { expiresAt }), expiresAt: new Date(expiresAt) };
}

/** Judges an Authorization header: `Basic base64("AWS:<token>")`. */
export function checkAuthorization(
  region: Region,
  header: string | undefined,
): "valid" | "missing" | "invalid" | "expired" {
  const basic = /^Basic +(.+)$/i.exec(header ?? "")?.[1];
  if (basic === undefined) return "missing";
  const [username, password = ""] = Buffer.from(basic, "base64").toString("utf8").split(":");
  const grant = username === "AWS" ? unseal(region, password) : undefined;
  if (grant === undefined || grant.path !== undefined) return "invalid";
  return grant.expiresAt > region.clock.now() ? "valid" : "expired";
}

/** An address from which one layer can be read without logging in. */
export function downloadUrl(region: Region, repository: string, digest: string): string {
  const path = `/v2/${repository}/blobs/${digest}`;
  const grant = seal(region, { expiresAt: region.clock.now() + downloadMilliseconds, path });
  return `${region.endpoint.origin}${path}?${grantParameter}=${grant}`;
}

/** Whether a request's URL carries a grant for its own path. */
export function checkDownload(region: Region, url: string): boolean {
  const { pathname, searchParams } = new URL(url, region.endpoint);
  const sealed = searchParams.get(grantParameter);
  const grant = sealed === null ? undefined : unseal(region, sealed);
  return grant !== undefined && grant.path === pathname && grant.expiresAt > region.clock.now();
}

const grantParameter = "drydock-grant";

function seal(region: Region, grant: Grant): string {
  return Buffer.from(region.vault.seal(JSON.stringify(grant))).toString("base64url");
}

function unseal(region: Region, sealed: string): Grant | undefined {
  try {
    return JSON.parse(region.vault.unseal(Buffer.from(sealed, "base64url")).toString("utf8"));
  } catch {
    return undefined;
  }
}
