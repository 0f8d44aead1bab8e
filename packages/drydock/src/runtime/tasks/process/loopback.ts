import { writeFileSync } from "node:fs";
import { join } from "node:path";

// CommonJS, and old: it is run by whichever Node the image brings.
const source = `"use strict";
const { Server } = require("node:net");
const { listen } = Server.prototype;
const everywhere = new Set([undefined, null, "", "0.0.0.0", "::"]);
const isPort = (value) => typeof value === "number" || (typeof value === "string" && /^[0-9]+$/.test(value));
Server.prototype.listen = function (first, ...rest) {
  if (isPort(first)) {
    const host = typeof rest[0] === "string" ? rest.shift() : undefined;
    return listen.call(this, first, everywhere.has(host) ? "127.0.0.1" : host, ...rest.filter((each) => each !== undefined));
  }
  const withPort = typeof first === "object" && first !== null && isPort(first.port) && first.fd === undefined;
  if (withPort && everywhere.has(first.host)) return listen.call(this, { ...first, host: "127.0.0.1" }, ...rest);
  return listen.call(this, first, ...rest);
};
`;

/**
 * An app in a container listens on every address of the container's own network. On the host these would be the laptop's
 * addresses, open to whoever shares its network: a Node that is told so listens on 127.0.0.1 instead, where the load balancer
 * looks for it. Programs in other languages listen where they say.
 *
 * @param directory the container's; gets a file.
 * @returns NODE_OPTIONS, after those that the image or the task definition give.
 */
export function loopbackNodeOptions(directory: string, given: string | undefined): string {
  const file = join(directory, "listen-on-loopback.cjs");
  writeFileSync(file, source);
  // "Space characters within an option value can be escaped using double quotes."
  return `${given ? `${given} ` : ""}--require "${file.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
