import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { App } from "./app.ts";
import { appOf, directory, referenceManifest, screenOf } from "./fixture.ts";

const smallest = "app: shop\nservices: { web: { image: 'nginx:1' } }\n";

function web(app: App) {
  const { web } = app.services;
  if (web === undefined) throw new Error("no service web");
  return web;
}

describe("the annotated reference", () => {
  const app = appOf(referenceManifest, "production");

  test("is complete in production", () => {
    expect(app).toMatchObject({
      name: "shop",
      environment: "production",
      region: "eu-west-1",
      account: "123456789012",
      cluster: "prod",
      partial: false,
      directory,
      databases: { main: { version: "16", storageGiB: 20, multiAz: true, backupDays: 7 } },
      queues: { ingest: { visibilitySeconds: 60, retries: 3 } },
      release: {
        before: ["migrate"],
        waves: [["indexer"], ["web", "ingester", "api"]],
        together: [["indexer", "deployment"]],
        tags: ["{environment}-{commit}", "{environment}"],
      },
    });
    expect(app.images).toEqual({
      web: {
        name: "web",
        builder: "docker",
        context: directory,
        dockerfile: join(directory, "Dockerfile"),
        target: "runtime",
        args: { ENTRYPOINT: "wsgi" },
        base: undefined,
        platform: { os: "linux", architecture: "arm64" },
      },
      api: {
        name: "api",
        builder: "node",
        context: join(directory, "api"),
        dockerfile: undefined,
        target: undefined,
        args: {},
        base: undefined,
        platform: { os: "linux", architecture: "arm64" },
      },
    });
    expect(web(app)).toMatchObject({
      image: { kind: "build", build: "web" },
      command: ["node", "server.js"],
      port: 8080,
      cpuUnits: 256,
      memoryMiB: 512,
      architecture: "arm64",
      spotPercent: 100,
      stopSeconds: 30,
      route: { host: "shop.example.com", path: "/*", port: 8080, health: { path: "/healthz", drainSeconds: 10 } },
      scale: { min: 4, max: 10, cpuPercent: 60 },
      env: { LOG_LEVEL: "info", API_URL: [{ kind: "service", name: "api", attribute: "url" }] },
      secrets: { DATABASE_URL: { kind: "database", database: "main", field: "url" } },
      spread: { kind: "named", secretName: "/shop/production/app-settings" },
      sidecars: { datadog: { image: { kind: "registry" }, essential: true } },
      rollout: { strategy: "rolling", approve: "manual", bakeSeconds: 300, alarms: ["web-5xx"] },
      taskDefinition: { kind: "patch", patch: {} },
    });
    expect(app.tasks.report?.schedule).toEqual({ cron: "0 3 * * *", timezone: "Europe/Berlin" });
  });

  test("survives JSON", () => {
    expect(JSON.parse(JSON.stringify(app))).toEqual(JSON.parse(JSON.stringify(structuredClone(app))));
  });

  test("runs on this machine's platform in local", () => {
    const local = appOf(referenceManifest, "local");
    expect(local.images.web?.platform).toEqual({ os: "linux", architecture: "amd64" });
    expect(web(local).architecture).toBe("amd64");
    expect(local).toMatchObject({ account: undefined, cluster: "local", partial: true });
  });
});

test("defaults of a service", () => {
  const text = "app: shop\nservices: { web: { image: 'nginx:1', port: 80, route: {} } }\n";
  expect(web(appOf(text))).toEqual({
    name: "web",
    image: { kind: "registry", reference: "nginx:1" },
    command: undefined,
    env: {},
    secrets: {},
    spread: undefined,
    dependsOn: {},
    cpuUnits: 256,
    memoryMiB: 512,
    architecture: "amd64",
    sidecars: {},
    stopSeconds: 30,
    taskDefinition: undefined,
    spotPercent: 0,
    port: 80,
    route: {
      host: undefined,
      path: "/*",
      port: 80,
      health: {
        path: "/",
        intervalSeconds: 5,
        timeoutSeconds: 2,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
        graceSeconds: 30,
        drainSeconds: 10,
      },
    },
    containerHealth: undefined,
    scale: { min: 1, max: 1 },
    rollout: {
      strategy: "rolling",
      approve: "automatic",
      gateSeconds: 86_400,
      onGateTimeout: "roll-back",
      bakeSeconds: 0,
      stepPercent: 10,
      stepSeconds: 360,
      alarms: [],
    },
  });
});

test("a service without a route is checked by a command", () => {
  const worker = "worker: { image: 'nginx:1', health: { command: [check, it], interval: 10s } }";
  expect(appOf(`app: shop\nservices:\n  ${worker}\n`).services.worker?.containerHealth).toEqual({
    command: ["check", "it"],
    intervalSeconds: 10,
    timeoutSeconds: 2,
    retries: 3,
    startSeconds: 30,
  });
});

describe("environments override what stands above", () => {
  test("maps are merged, anything else is replaced, null removes", () => {
    const text = `app: shop
services:
  web: { image: "nginx:1", port: 80, route: {}, scale: 2, command: [a, b], env: { A: "1", B: "2" } }
  worker: { image: "nginx:1" }
environments:
  production:
    region: eu-central-1
    services:
      web: { scale: { min: 3 }, command: [c], env: { B: null, C: "3" } }
      worker: null
`;
    const app = appOf(text, "production");
    expect(app.region).toBe("eu-central-1");
    expect(Object.keys(app.services)).toEqual(["web"]);
    expect(web(app)).toMatchObject({ scale: { min: 3, max: 3 }, command: ["c"], port: 80 });
    expect(web(app).env).toEqual({ A: "1", C: "3" });
    expect(web(appOf(text)).env).toEqual({ A: "1", B: "2" });
  });

  test("an environment without anything to say may be empty", () => {
    expect(appOf(`${smallest}environments:\n  local:\n  staging:\n`, "staging").cluster).toBe("staging");
  });

  test("local is always there", () => {
    expect(appOf(`${smallest}environments: { staging: {} }\n`, "local").environment).toBe("local");
  });

  test("local keeps the platform it is told", () => {
    const text = `app: shop
images: { api: { build: ./api } }
environments: { local: { images: { api: { platform: linux/arm64 } } } }
`;
    expect(appOf(text).images.api?.platform.architecture).toBe("arm64");
  });

  test("what an environment breaks is shown at its own line", () => {
    const text = `${smallest}environments:\n  production:\n    services: { web: { memory: 3GB } }\n`;
    expect(screenOf(text)).toContain("fardel.yaml:5:32  environments.production.services.web.memory");
  });

  test("no other app can be overridden in", () => {
    expect(screenOf(`${smallest}environments: { production: { app: other } }\n`)).toContain(
      'an environment can\'t override "app"',
    );
  });
});

describe("values", () => {
  test("numbers in env stay as they were written", () => {
    const text = `app: shop\nservices: { web: { image: "nginx:1", env: { A: 1.10, B: 0x1F, C: yes, D: true, E: 007, F: 1e3, G: "" } } }`;
    expect(web(appOf(text)).env).toEqual({ A: "1.10", B: "0x1F", C: "yes", D: "true", E: "007", F: "1e3", G: "" });
  });

  test("references fill in anywhere, and the rest of the value is checked afterwards", () => {
    const text = `app: shop\nservices: { web: { image: "ghcr.io/\${app}/web:\${env.TAG}", port: 80, route: { host: "\${environment}.example.com" } } }
environments: { production: {} }`;
    const app = appOf(text, "production", { hostEnvironment: { TAG: "v1" } });
    expect(web(app)).toMatchObject({
      image: { reference: "ghcr.io/shop/web:v1" },
      route: { host: "production.example.com" },
    });
  });

  test("a variable that isn't set matters to the environment that is resolved, and to no other", () => {
    const text = `${smallest}environments: { production: { services: { web: { image: "nginx:\${env.TAG}" } } } }`;
    expect(appOf(text, "local").environment).toBe("local");
    expect(screenOf(text, "production")).toContain(
      "${env.TAG} is the variable TAG of whoever runs fardel, and it isn't set",
    );
  });

  test("anchors and merge keys", () => {
    const text = `app: shop
services:
  web: &base { image: "nginx:1", command: [a], env: { A: "1" } }
  api: { <<: *base, command: [b] }
  job: { <<: [{ cpu: 0.5, memory: 1GB }, *base] }
`;
    const { services } = appOf(text);
    expect(services.api).toMatchObject({ command: ["b"], env: { A: "1" } });
    expect(services.job).toMatchObject({ cpuUnits: 512, command: ["a"] });
  });

  test("a task definition file is the base", () => {
    const text = 'app: shop\ntasks: { job: { image: "nginx:1", taskDefinition: task.json } }';
    expect(appOf(text).tasks.job?.taskDefinition).toEqual({ kind: "base", file: join(directory, "task.json") });
  });

  test("containers of a task wait for each other", () => {
    const text = `app: shop
tasks:
  job:
    image: "nginx:1"
    dependsOn: { init: success, log: healthy }
    sidecars:
      init: { image: "x:1", essential: false }
      log: { image: "x:1", health: { command: [ok] } }
`;
    expect(appOf(text).tasks.job).toMatchObject({
      dependsOn: { init: "SUCCESS", log: "HEALTHY" },
      sidecars: { log: { health: { command: ["ok"], intervalSeconds: 30, retries: 3 } } },
    });
    expect(screenOf(text.replace("essential: false", "dependsOn: { job: start }"))).toContain(
      "init and job wait for each other",
    );
  });

  test("services not named in order join the last wave", () => {
    const services = ["a", "b", "c"].map((name) => `  ${name}: { image: "nginx:1" }`).join("\n");
    const waves = (order: string) =>
      appOf(`app: shop\nservices:\n${services}\nrelease: { order: ${order} }`).release.waves;
    expect(waves("[]")).toEqual([["a", "b", "c"]]);
    expect(waves("[[c], [a]]")).toEqual([["c"], ["a", "b"]]);
  });
});

describe("the region", () => {
  const places = (text: string, environment: string, defaultRegion: string) =>
    appOf(text, environment, { defaultRegion }).region;

  test("is the environment's, else the app's, else that of the AWS configuration", () => {
    const text = `${smallest}environments: { one: {}, two: { region: eu-west-2 } }`;
    expect(places(text, "one", "us-west-2")).toBe("us-west-2");
    expect(places(`region: eu-west-1\n${text}`, "one", "us-west-2")).toBe("eu-west-1");
    expect(places(`region: eu-west-1\n${text}`, "two", "us-west-2")).toBe("eu-west-2");
  });

  test("has to be named somewhere", () => {
    const text = `${smallest}environments: { one: {} }`;
    expect(screenOf(text, "one", { defaultRegion: "" })).toContain("nothing says which AWS region one is in");
    expect(places(text, "local", "")).toBe("us-east-1");
  });
});

test("an environment that isn't there", () => {
  expect(screenOf(`${smallest}environments: { production: {} }`, "prodution")).toMatchInlineSnapshot(`
    "no environment "prodution" in fardel.yaml; did you mean "production"?

    There is local, production; environments are written under environments:."
  `);
  expect(screenOf(smallest, "production")).toMatchInlineSnapshot(`
    "no environment "production" in fardel.yaml

    There is local; environments are written under environments:."
  `);
});
