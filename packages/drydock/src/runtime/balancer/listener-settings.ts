import type { RealAddress } from "../network.ts";
import type { ForwardingAttributes } from "./http1/forwarding.ts";
import type { CompiledRule } from "./rules/rules.ts";
import type { TrafficCounter } from "./traffic.ts";

/** What a listener goes by; replaced as a whole, and looked at anew for each request. */
export interface ListenerSettings {
  rules: CompiledRule[];
  /** `idle_timeout.timeout_seconds` of the load balancer, in milliseconds. */
  idleTimeout: number;
  /** `client_keep_alive.seconds` of the load balancer, in milliseconds. */
  clientKeepAlive: number;
  forwarding: ForwardingAttributes;
  /** The Host for a client that sends none (HTTP/1.0): the load balancer's DNS name. */
  dnsName: string;
  /** Where a target's address and port really are; undefined when nobody is there. */
  resolve: (ip: string, port: number) => RealAddress | undefined;
  /** The real port of this load balancer's listener on a port, for redirects from one listener to another. */
  realPort: (port: number) => number;
  /** Of the load balancer, whose listeners share it. */
  traffic: TrafficCounter;
}
