import { expect, test } from "vitest";
import type { Route, Service } from "../../config/app.ts";
import { shop } from "../release.fixture.ts";
import { serviceAddresses } from "./addresses.ts";

const { route } = shop.services.web as Service & { route: Route };
const url = (path: string, host: string | undefined, loadBalancer: string) =>
  serviceAddresses({ web: { route: { ...route, path, host } } }, loadBalancer).web?.url;

test.each([
  ["/*", undefined, "http://lb.amazonaws.com", "http://lb.amazonaws.com"],
  ["/api/*", undefined, "http://127.0.0.1:8080", "http://127.0.0.1:8080/api"],
  ["/*", "shop.localhost", "http://127.0.0.1:8080", "http://shop.localhost:8080"],
  ["/*", "*.example.com", "https://lb.amazonaws.com", "https://lb.amazonaws.com"],
  ["/exact", "shop.example.com", "https://lb.amazonaws.com", "https://shop.example.com/exact"],
])("%s at %s behind %s", (path, host, loadBalancer, expected) => {
  expect(url(path, host, loadBalancer)).toBe(expected);
});

test("services without a route, and apps without a load balancer, have no address", () => {
  expect(serviceAddresses({ worker: { route: undefined } }, "http://lb")).toEqual({});
  expect(serviceAddresses({ web: { route } }, undefined)).toEqual({});
});
