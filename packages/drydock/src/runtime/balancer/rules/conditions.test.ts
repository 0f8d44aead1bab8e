import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { parseRequestHead } from "../http1/head.ts";
import { requested } from "../requested.ts";
import { compileCondition } from "./conditions.ts";

/** A request by its request line and headers. */
function ask(head: string, clientAddress = "127.0.0.1") {
  return requested(parseRequestHead(head.replaceAll("\n", "\r\n")), "localhost", clientAddress);
}

const host = (...Values: string[]): RuleCondition => ({ Field: "host-header", HostHeaderConfig: { Values } });
const path = (...Values: string[]): RuleCondition => ({ Field: "path-pattern", PathPatternConfig: { Values } });
const query = (...Values: { Key?: string; Value: string }[]): RuleCondition => ({
  Field: "query-string",
  QueryStringConfig: { Values },
});
const headerIs = (HttpHeaderName: string, ...Values: string[]): RuleCondition => ({
  Field: "http-header",
  HttpHeaderConfig: { HttpHeaderName, Values },
});
const from = (...Values: string[]): RuleCondition => ({ Field: "source-ip", SourceIpConfig: { Values } });

const get = (target: string) => ask(`GET ${target} HTTP/1.1\nHost: a`);
const cases: [condition: RuleCondition, request: ReturnType<typeof ask>, holds: boolean][] = [
  [host("shop.example.com"), ask("GET / HTTP/1.1\nHost: SHOP.example.com:8080"), true],
  [host("*.example.com"), ask("GET / HTTP/1.1\nHost: a.b.example.com"), true],
  [host("*.example.com"), ask("GET / HTTP/1.1\nHost: example.com"), false],
  [host("a.test", "b.test"), ask("GET http://b.test/x HTTP/1.1\nHost: a"), true],
  [host("a.test"), ask("GET / HTTP/1.1\nHost: axtest"), false],
  [path("/img/*"), get("/img/a/b.png"), true],
  [path("/img/*"), get("/img"), false],
  [path("/img/*"), get("/IMG/a"), false],
  [path("/a?c"), get("/abc"), true],
  [path("/a?c"), get("/ac"), false],
  [path("/a"), get("/a?/b"), true],
  [path("*.png"), get("/x/y.png?v=1"), true],
  [query({ Key: "version", Value: "v1" }), get("/?a=b&VERSION=V1"), true],
  [query({ Key: "version", Value: "v1" }), get("/?version=v12"), false],
  [query({ Value: "*exam?le*" }), get("/?q=an-example-here"), true],
  [query({ Value: "what\\?" }), get("/?q=what?"), true],
  [query({ Value: "what\\?" }), get("/?q=whatx"), false],
  [headerIs("User-Agent", "*Chrome*", "*Safari*"), ask("GET / HTTP/1.1\nHost: a\nuser-agent: x safari y"), true],
  [headerIs("User-Agent", "*Chrome*"), get("/"), false],
  [headerIs("X-Env", "b"), ask("GET / HTTP/1.1\nHost: a\nX-Env: a\nX-Env: b"), true],
  [{ Field: "http-request-method", HttpRequestMethodConfig: { Values: ["PUT", "GET"] } }, get("/"), true],
  [{ Field: "http-request-method", HttpRequestMethodConfig: { Values: ["get"] } }, get("/"), false],
  [from("10.0.0.0/8", "127.0.0.0/8"), get("/"), true],
  [from("10.0.0.0/8"), get("/"), false],
  [from("2001:db8::/32"), ask("GET / HTTP/1.1\nHost: a", "2001:db8::1"), true],
];

test.each(cases)("%j on %#", (condition, request, holds) => {
  expect(compileCondition(condition)(request)).toBe(holds);
});
