import { setTimeout as wait } from "node:timers/promises";
import { startEcs, webServer } from "@fardel/drydock/services/ecs/testing.ts";
import { expect, test } from "vitest";
import { awsCli } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";

describeWith("aws", "the AWS CLI: ECS", () => {
  test("a service is created behind a load balancer, updated, waited for and deleted", async () => {
    // Slow enough for a command to see both deployments side by side.
    const region = await startEcs({ timeScale: 4 });
    const aws = awsCli(region.drydock, region.drydock.directory);
    const [one, two] = [await region.push("one", webServer("one")), await region.push("two", webServer("two"))];
    const register = (image: string) =>
      aws.text(
        "ecs register-task-definition --family web --requires-compatibilities FARGATE --network-mode awsvpc --cpu 256 " +
          "--memory 512 --query taskDefinition.taskDefinitionArn --output text --container-definitions",
        JSON.stringify([{ name: "web", image, portMappings: [{ containerPort: 8080 }] }]),
      );
    const first = await register(one);
    const created = await aws.json(
      `ecs create-service --cluster main --service-name web --task-definition ${first} --desired-count 2 ` +
        `--launch-type FARGATE --network-configuration awsvpcConfiguration={subnets=[${region.subnets.join(",")}]} ` +
        `--load-balancers targetGroupArn=${region.targetGroupArn},containerName=web,containerPort=8080 ` +
        "--health-check-grace-period-seconds 60 " +
        "--query service.[status,desiredCount,deployments[0].rolloutState]",
    );
    expect(created).toEqual(["ACTIVE", 2, "IN_PROGRESS"]);
    await aws.text("ecs wait services-stable --cluster main --services web");

    const second = await register(two);
    await aws.text(
      `ecs update-service --cluster main --service web --task-definition ${second} --query service.status`,
    );
    const states =
      "ecs describe-services --cluster main --services web --query services[0].deployments[].[status,taskDefinition]";
    expect(await aws.json(states)).toEqual([
      ["PRIMARY", second],
      ["ACTIVE", first],
    ]);
    const deployment = "ecs list-service-deployments --cluster main --service web --query serviceDeployments[].status";
    while ((await aws.text(`${deployment} --output text`)).startsWith("IN_PROGRESS")) await wait(100);
    expect(await aws.json(deployment)).toEqual(["SUCCESSFUL", "SUCCESSFUL"]);
    await aws.text("ecs wait services-stable --cluster main --services web");
    expect(await (await fetch(region.address)).text()).toBe("two");

    const tasks = await aws.json("ecs list-tasks --cluster main --service-name web --query taskArns");
    expect(tasks).toHaveLength(2);
    await aws.text("ecs delete-service --cluster main --service web --force --query service.status");
    const status = "ecs describe-services --cluster main --services web --query services[0].status --output text";
    while ((await aws.text(status)) === "DRAINING") await wait(100);
    await aws.text("ecs wait services-inactive --cluster main --services web");
    expect(await aws.refusal("ecs describe-services --cluster other --services web")).toBe(
      "An error occurred (ClusterNotFoundException) when calling the DescribeServices operation: Cluster not found.",
    );
  });
});
