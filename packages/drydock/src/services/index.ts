import type { ServiceDefinition } from "../service.ts";

/** The SDK client packages, by the name a service has here. */
export interface Services {
  "application-autoscaling": typeof import("@aws-sdk/client-application-auto-scaling");
  cloudformation: typeof import("@aws-sdk/client-cloudformation");
  ec2: typeof import("@aws-sdk/client-ec2");
  ecr: typeof import("@aws-sdk/client-ecr");
  ecs: typeof import("@aws-sdk/client-ecs");
  elasticloadbalancing: typeof import("@aws-sdk/client-elastic-load-balancing-v2");
  iam: typeof import("@aws-sdk/client-iam");
  logs: typeof import("@aws-sdk/client-cloudwatch-logs");
  monitoring: typeof import("@aws-sdk/client-cloudwatch");
  rds: typeof import("@aws-sdk/client-rds");
  s3: typeof import("@aws-sdk/client-s3");
  scheduler: typeof import("@aws-sdk/client-scheduler");
  secretsmanager: typeof import("@aws-sdk/client-secrets-manager");
  sqs: typeof import("@aws-sdk/client-sqs");
  ssm: typeof import("@aws-sdk/client-ssm");
  sts: typeof import("@aws-sdk/client-sts");
}

export type ServiceName = keyof Services;

/** Loads a service's definition when it is first needed. A name is its signing name in a credential scope. */
export const services: { [Name in ServiceName]?: () => Promise<ServiceDefinition<Services[Name]>> } = {
  "application-autoscaling": () =>
    import("./application-autoscaling/index.ts").then((module) => module.applicationAutoscaling),
  cloudformation: () => import("./cloudformation/index.ts").then((module) => module.cloudformation),
  ecr: () => import("./ecr/index.ts").then((module) => module.ecr),
  ecs: () => import("./ecs/index.ts").then((module) => module.ecs),
  elasticloadbalancing: () => import("./elasticloadbalancing/index.ts").then((module) => module.elasticloadbalancing),
  ec2: () => import("./ec2/index.ts").then((module) => module.ec2),
  iam: () => import("./iam/index.ts").then((module) => module.iam),
  logs: () => import("./logs/index.ts").then((module) => module.logs),
  monitoring: () => import("./monitoring/index.ts").then((module) => module.monitoring),
  rds: () => import("./rds/index.ts").then((module) => module.rds),
  s3: () => import("./s3/index.ts").then((module) => module.s3),
  scheduler: () => import("./scheduler/index.ts").then((module) => module.scheduler),
  secretsmanager: () => import("./secretsmanager/index.ts").then((module) => module.secretsmanager),
  sqs: () => import("./sqs/index.ts").then((module) => module.sqs),
  ssm: () => import("./ssm/index.ts").then((module) => module.ssm),
  sts: () => import("./sts/index.ts").then((module) => module.sts),
};

/** Paths outside every AWS protocol, and the service whose routes answer them. */
export const routePrefixes: Record<string, ServiceName> = {
  "/v2/": "ecr",
  "/_task/": "ecs",
};
