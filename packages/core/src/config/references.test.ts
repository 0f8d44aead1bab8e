import { describe, expect, test } from "vitest";
import { fillText, resolveReferences } from "./references.ts";

const scope = {
  app: "shop",
  environment: "production",
  region: "eu-west-1",
  hostEnvironment: { HOME: "/root", DOLLAR: "${app}" },
  services: ["web", "worker"],
  routedServices: ["web"],
  queues: ["ingest"],
};
const text = (written: string) => resolveReferences(written, scope).text;
const problem = (written: string) => resolveReferences(written, scope).problem;

describe("what is known at load is replaced", () => {
  test.each([
    ["plain", "plain"],
    ["${app}-${ environment }.${region}", "shop-production.eu-west-1"],
    ["${env.HOME}/x", "/root/x"],
    ["$${HOME} $HOME $", "${HOME} $HOME $"],
    ["${env.DOLLAR}", "${app}"],
    ["", ""],
  ])("%s", (written, expected) =>
    expect(resolveReferences(written, scope)).toEqual({ text: expected, problem: undefined }),
  );
});

test("what only a release knows stays a reference", () => {
  expect(text("${app}: ${services.web.url}/v${release}")).toEqual([
    "shop: ",
    { kind: "service", name: "web", attribute: "url" },
    "/v",
    { kind: "release" },
  ]);
  expect(text("${queues.ingest.url}")).toEqual([{ kind: "queue", name: "ingest", attribute: "url" }]);
});

test("references are filled in by whoever knows", () => {
  const parts = text("${services.web.host}@${commit}");
  expect(fillText(parts, (reference) => `<${reference.kind}>`)).toBe("<service>@<commit>");
  expect(fillText("plain", () => "never")).toBe("plain");
});

describe("problems", () => {
  test.each([
    ["${services.wbe.url}", "unknown reference ${services.wbe.url}; did you mean ${services.web.url}?"],
    ["${services.worker.url}", "${services.worker.url}: the service has no address"],
    ["${services.web.port}", "unknown reference ${services.web.port}; did you mean ${services.web.host}?"],
    ["${databases.main.url}", "${databases.main.url} can't stand here: what belongs to a database is a secret"],
    ["${env.NOPE}", "${env.NOPE} is the variable NOPE of whoever runs fardel, and it isn't set"],
    ["${env.toString}", "${env.toString} is the variable toString of whoever runs fardel, and it isn't set"],
    ["${HOME}", "unknown reference ${HOME}"],
    ["${}", "unknown reference ${}"],
    ["a ${app", "a reference has no closing }"],
  ])("%s", (written, message) => expect(problem(written)?.message).toBe(message));
});
