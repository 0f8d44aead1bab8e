import type { IncomingMessage } from "node:http";
import { AdminError } from "./admin-error.ts";

/**
 * The admin API takes no signature, so it must not be within reach of a web page that a person on this machine happens
 * to open. A page's request names the page (`Origin`, `Sec-Fetch-Site`), and one that reached this port through a name
 * of its own that it made point to 127.0.0.1 names that name (`Host`).
 *
 * @throws AdminError 403
 */
export function refuseWebPages({ headers }: IncomingMessage): void {
  const { host = "", origin, "sec-fetch-site": site } = headers;
  const name = host.replace(/:\d+$/, "");
  if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/i.test(name)) {
    throw new AdminError(403, "ForeignHost", `This is no address of this machine's own: ${JSON.stringify(host)}.`, {
      expected: "the endpoint that `fardel local status` prints, by its address",
    });
  }
  if (origin !== undefined || (site !== undefined && site !== "none")) {
    throw new AdminError(403, "WebPage", "A web page may not drive the embedded region.", {
      expected: "a request without Origin, from a program on this machine",
    });
  }
}
