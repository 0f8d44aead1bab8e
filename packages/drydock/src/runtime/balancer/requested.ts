import { headerValues, MalformedMessage, type RequestHead } from "./http1/head.ts";
import type { RoutedRequest } from "./rules/conditions.ts";

/** A request as it is routed and passed on. */
export interface Requested extends RoutedRequest {
  headers: RequestHead;
  minor: 0 | 1;
  /** The Host header the target gets: as the client wrote it. */
  hostHeader: string;
  /** Path and query as the target gets them. */
  pathAndQuery: string;
}

const hostText = /^[^\s/?#@\\]*$/;
const absolute = /^https?:\/\/([^/?#]+)([^#]*)/i;

/**
 * Finds the host and path a request is for. `dnsName` stands in for the Host that HTTP/1.0 needn't send. Throws
 * MalformedMessage for a missing or doubled Host (RFC 9112, 3.2) and for what only a forward proxy would take.
 */
export function requested(head: RequestHead, dnsName: string, clientAddress: string): Requested {
  const hosts = headerValues(head, "host");
  if (hosts.length > 1 || (hosts.length === 0 && head.minor === 1))
    throw new MalformedMessage(400, "a request needs exactly one Host header");
  let hostHeader = hosts[0] || dnsName;
  let target = head.target;
  const url = target.startsWith("/") ? undefined : absolute.exec(target);
  if (url) {
    hostHeader = url[1] as string;
    target = url[2]?.startsWith("/") ? url[2] : `/${url[2]}`;
  } else if (!target.startsWith("/") && !(target === "*" && head.method === "OPTIONS")) {
    throw new MalformedMessage(400, `${head.method} ${target} isn't for a load balancer`);
  }
  if (!hostText.test(hostHeader)) throw new MalformedMessage(400, "the Host is none");
  const question = target.indexOf("?");
  return {
    method: head.method,
    minor: head.minor,
    headers: head,
    hostHeader,
    host: hostHeader.replace(/:\d*$/, "").toLowerCase(),
    pathAndQuery: target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? "" : target.slice(question + 1),
    clientAddress,
  };
}
