import type { App } from "../config/app.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import { shop as infrastructureShop } from "../infra/shop.fixture.ts";
import type { DefinitionContext } from "./definitions/task-definitions.ts";

const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:123456789012:${resource}`;

/** The shop without the JSON secret that it spreads, whose keys have to be looked up. */
export const shop: App = {
  ...infrastructureShop,
  services: Object.fromEntries(
    Object.entries(infrastructureShop.services).map(([name, service]) => [name, { ...service, spread: undefined }]),
  ),
};

/** Where the shop runs. */
export const descriptor: EnvironmentDescriptor = {
  version: 1,
  app: "shop",
  environment: "production",
  region: "eu-west-1",
  accountId: "123456789012",
  cluster: "prod",
  network: { subnets: ["subnet-b", "subnet-a"], securityGroups: ["sg-1"], assignPublicIp: false },
  roles: {
    execution: "arn:aws:iam::123456789012:role/execution",
    task: "arn:aws:iam::123456789012:role/task",
    infrastructure: "arn:aws:iam::123456789012:role/infrastructure",
  },
  logGroups: {
    web: "/fardel/shop/production/web",
    worker: "/fardel/shop/production/worker",
    migrate: "/fardel/shop/production/migrate",
  },
  targetGroups: { web: arn("elasticloadbalancing", "targetgroup/web/1") },
  alternateTargetGroups: { web: arn("elasticloadbalancing", "targetgroup/web-alternate/1") },
  loadBalancer: {
    arn: arn("elasticloadbalancing", "loadbalancer/app/shop/1"),
    dnsName: "shop.elb.amazonaws.com",
    listeners: {
      http: arn("elasticloadbalancing", "listener/app/shop/1/2"),
      test: arn("elasticloadbalancing", "listener/app/shop/1/3"),
    },
  },
  repositories: { web: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web" },
  secrets: { "databases.main.url": `${arn("secretsmanager", "secret:main-AbCdEf")}:url::` },
  queues: {},
  stateBucket: "state",
  outputs: {},
};

export const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

export const context: DefinitionContext = {
  descriptor,
  images: new Map([["web", `${descriptor.repositories.web}@${digest("a")}`]]),
  secretArns: new Map([
    ["/shop/production/stripe-key", arn("secretsmanager", "secret:/shop/production/stripe-key-GhIjKl")],
  ]),
  secretKeys: new Map(),
  bases: new Map(),
  addresses: { web: { url: "https://shop.example.com", host: "shop.example.com" } },
  release: 7,
  commit: "abc123",
};
