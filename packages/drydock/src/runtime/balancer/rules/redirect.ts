import type { RedirectActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";

/** The parts of the address a client asked for. */
export interface RequestedAddress {
  protocol: string;
  host: string;
  port: number;
  /** With its leading slash. */
  path: string;
  /** Without the question mark. */
  query: string;
}

/**
 * The Location of a redirect action. Parts it doesn't name keep their value; `#{path}` stands for the path without its
 * leading slash. The port is always written, as ALB does (`https://example.com:443/`).
 */
export function redirectLocation(redirect: RedirectActionConfig, address: RequestedAddress): string {
  const fill = (template: string) =>
    template.replace(/#\{(protocol|host|port|path|query)\}/g, (_, part: keyof RequestedAddress) =>
      part === "path" ? address.path.replace(/^\//, "") : String(address[part]),
    );
  const protocol = fill(redirect.Protocol ?? "#{protocol}").toLowerCase();
  const host = fill(redirect.Host ?? "#{host}");
  const port = fill(redirect.Port ?? "#{port}");
  const path = fill(redirect.Path ?? "/#{path}");
  const query = fill(redirect.Query ?? "#{query}");
  return `${protocol}://${host}:${port}${path}${query === "" ? "" : `?${query}`}`;
}
