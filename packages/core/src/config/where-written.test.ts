import { expect, test } from "vitest";
import { appOf } from "./fixture.ts";
import { whereWritten } from "./where-written.ts";

const manifest = `app: shop
images: { api: { build: ./api, builder: node } }
services:
  web:
    image: api
`;

test("a value can be found again where it was written, or what it belongs to", () => {
  const app = appOf(`${manifest}environments: { production: { services: { web: { port: 81 } } } }\n`, "production");
  expect(whereWritten(app, "services.web.port")).toBe("fardel.yaml:6  environments.production.services.web.port");
  expect(whereWritten(app, "services.web.memory")).toBe("fardel.yaml:4  services.web");
  expect(whereWritten(app, "cluster")).toBe("fardel.yaml");
});
