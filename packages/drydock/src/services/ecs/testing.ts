import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { ModifyTargetGroupAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { buildNodeImage, createRegistryClient } from "@fardel/oci";
import type { DrydockOptions } from "../../drydock.ts";
import { startElb } from "../elasticloadbalancing/testing.ts";

/** A web server that answers with `text`, and its health checks with `status`. */
export function webServer(text: string, status = 200): string {
  return `
    const server = require("node:http").createServer((request, response) => {
      response.statusCode = request.url === "/healthz" ? ${status} : 200;
      response.end(${JSON.stringify(text)});
    });
    server.keepAliveTimeout = 65_000;
    server.listen(process.env.PORT);
    process.on("SIGTERM", () => server.close(() => process.exit(0)));
  `;
}

/** A region with a network, a load balancer in front of a target group, a cluster and a repository, for real tasks. */
export async function startEcs(options: Partial<DrydockOptions> = { timeScale: 20 }) {
  const region = await startElb(options);
  const { drydock } = region;
  const ecs = drydock.client(ECSClient);
  const ecr = drydock.client(ECRClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "main" }));
  const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName: "web" }));
  const repositoryUri = repository?.repositoryUri ?? "";
  /** A target group that notices soon what becomes of its targets. */
  const promptTargetGroup = async (name: string) => {
    const TargetGroupArn = await region.targetGroup(name, {
      HealthCheckPath: "/healthz",
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    });
    const delay = { Key: "deregistration_delay.timeout_seconds", Value: "10" };
    await region.elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: [delay] }));
    return TargetGroupArn;
  };
  const targetGroupArn = await promptTargetGroup("web");
  const listenerArn = await region.listener(await region.loadBalancer(), targetGroupArn);

  return {
    ...region,
    ecs,
    targetGroupArn,
    listenerArn,
    promptTargetGroup,
    /** Where the listener really is. */
    address: (await region.url(listenerArn)) ?? "",
    networkConfiguration: { awsvpcConfiguration: { subnets: region.subnets } },

    /** Builds an image of one script and pushes it; answers its reference. */
    async push(tag: string, script: string): Promise<string> {
      const directory = join(drydock.directory, "source", tag);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "web", main: "server.cjs" }));
      writeFileSync(join(directory, "server.cjs"), script);
      const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" };
      const image = await buildNodeImage({ directory, platform, cacheDirectory: join(drydock.directory, "cache") });
      const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
      const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64").toString();
      const [username = "", password = ""] = token.split(":");
      const registry = createRegistryClient({ credentials: async () => ({ username, password }) });
      await registry.push(image, repositoryUri, { tags: [tag] });
      registry.close();
      return `${repositoryUri}:${tag}`;
    },

    /** Registers a task definition of one container; answers its ARN. */
    async register(image: string, family = "web"): Promise<string> {
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family,
          requiresCompatibilities: ["FARGATE"],
          networkMode: "awsvpc",
          cpu: "256",
          memory: "512",
          runtimePlatform: { cpuArchitecture: process.arch === "arm64" ? "ARM64" : "X86_64" },
          containerDefinitions: [{ name: "web", image, portMappings: [{ containerPort: 8080 }], stopTimeout: 10 }],
        }),
      );
      return taskDefinition?.taskDefinitionArn ?? "";
    },
  };
}
