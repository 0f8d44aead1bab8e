import { BlockList, isIPv6 } from "node:net";
import type { QueryStringKeyValuePair, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { type Headers, headerValues } from "../http1/head.ts";
import { wildcardPattern } from "./pattern.ts";

/** What rules look at. */
export interface RoutedRequest {
  method: string;
  /** Without the port, in lower case. */
  host: string;
  /** The path as the client wrote it, without the query. */
  path: string;
  /** What follows the first `?`; empty when there is none. */
  query: string;
  headers: Headers;
  clientAddress: string;
}

export type Matches = (request: RoutedRequest) => boolean;

/**
 * A rule condition as a function. Several values of one condition are alternatives. Cases and wildcards are as the API
 * reference gives them: path and method compare by case, host, header and query string don't.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
 */
export function compileCondition(condition: RuleCondition): Matches {
  switch (condition.Field) {
    case "host-header":
      return any(condition.HostHeaderConfig?.Values ?? condition.Values, true, (request) => [request.host]);
    case "path-pattern":
      return any(condition.PathPatternConfig?.Values ?? condition.Values, false, (request) => [request.path]);
    case "http-header": {
      const name = (condition.HttpHeaderConfig?.HttpHeaderName ?? "").toLowerCase();
      return any(condition.HttpHeaderConfig?.Values, true, (request) => headerValues(request.headers, name));
    }
    case "http-request-method": {
      const methods = new Set(condition.HttpRequestMethodConfig?.Values);
      return (request) => methods.has(request.method);
    }
    case "query-string":
      return queryString(condition.QueryStringConfig?.Values ?? []);
    case "source-ip":
      return sourceAddress(condition.SourceIpConfig?.Values ?? []);
    default:
      throw new Error(`a rule condition on ${condition.Field} reached the load balancer unvalidated`);
  }
}

function any(values: string[] | undefined, ignoreCase: boolean, of: (request: RoutedRequest) => string[]): Matches {
  const patterns = (values ?? []).map((value) => wildcardPattern(value, { ignoreCase }));
  return (request) => of(request).some((value) => patterns.some((pattern) => pattern.test(value)));
}

/** A pair without a key matches the value of any key. Compared as the client wrote it, percent-encoding included. */
function queryString(pairs: QueryStringKeyValuePair[]): Matches {
  const patterns = pairs.map(({ Key, Value }) => ({
    key: Key === undefined ? undefined : wildcardPattern(Key, { ignoreCase: true }),
    value: wildcardPattern(Value ?? "", { ignoreCase: true }),
  }));
  return ({ query }) =>
    query.split("&").some((part) => {
      const equals = part.indexOf("=");
      const key = equals < 0 ? part : part.slice(0, equals);
      const value = equals < 0 ? "" : part.slice(equals + 1);
      return patterns.some((pattern) => (pattern.key?.test(key) ?? true) && pattern.value.test(value));
    });
}

function sourceAddress(ranges: string[]): Matches {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix = ""] = range.split("/");
    list.addSubnet(address, Number(prefix), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return ({ clientAddress }) => list.check(clientAddress, isIPv6(clientAddress) ? "ipv6" : "ipv4");
}
