import { setTimeout as wait } from "node:timers/promises";
import { startTestDrydock, type TestDrydock } from "@fardel/drydock/testing.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AwsCli, awsCli } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";
import { pushWebImage } from "./web-image.ts";

describeWith("aws", "the AWS CLI: an image, a load balancer and tasks", () => {
  let drydock: TestDrydock;
  let aws: AwsCli;
  let image = "";
  let digest = "";
  let subnets: string[] = [];
  let targetGroupArn = "";
  let url = "";

  beforeAll(async () => {
    drydock = await startTestDrydock({ keep: true });
    aws = awsCli(drydock, drydock.directory);
    // The network that every account has from the start.
    subnets = (await aws.text("ec2 describe-subnets --query Subnets[].SubnetId --output text")).split("\t");
  });
  afterAll(() => drydock.close());

  test("an image is pushed with the password of get-login-password", async () => {
    const repository = await aws.text(
      "ecr create-repository --repository-name shop/web --query repository.repositoryUri --output text",
    );
    expect(repository).toBe(`${new URL(drydock.endpoint).host}/shop/web`);
    const password = await aws.text("ecr get-login-password");
    digest = await pushWebImage(drydock.directory, repository, password);
    image = `${repository}:one`;
    const images = "ecr describe-images --repository-name shop/web --query imageDetails[].[imageDigest,imageTags]";
    expect(await aws.json(images)).toEqual([[digest, ["one"]]]);
    expect(await aws.refusal("ecr delete-repository --repository-name shop/web")).toBe(
      "An error occurred (RepositoryNotEmptyException) when calling the DeleteRepository operation: The repository with " +
        "name 'shop/web' in registry with id '000000000000' cannot be deleted because it still contains images",
    );
  });

  test("a load balancer, a target group and a listener are made and available", async () => {
    const [loadBalancerArn, vpcId] = (
      await aws.text(
        `elbv2 create-load-balancer --name web --subnets ${subnets.join(" ")} --output text ` +
          "--query LoadBalancers[0].[LoadBalancerArn,VpcId]",
      )
    ).split("\t");
    targetGroupArn = await aws.text(
      `elbv2 create-target-group --name web --protocol HTTP --port 8080 --target-type ip --vpc-id ${vpcId} ` +
        "--health-check-interval-seconds 5 --health-check-timeout-seconds 2 --query TargetGroups[0].TargetGroupArn --output text",
    );
    const listenerArn = await aws.text(
      `elbv2 create-listener --load-balancer-arn ${loadBalancerArn} --protocol HTTP --port 80 ` +
        `--default-actions Type=forward,TargetGroupArn=${targetGroupArn} --query Listeners[0].ListenerArn --output text`,
    );
    await aws.text(`elbv2 wait load-balancer-available --load-balancer-arns ${loadBalancerArn}`);
    const tags = `elbv2 describe-tags --resource-arns ${listenerArn} --query TagDescriptions[0].Tags --output json`;
    expect(await aws.json(tags)).toEqual([
      { Key: "aws:drydock:url", Value: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
    ]);
    url = await aws.text(`${tags.replace("Tags", "Tags[0].Value")}`.replace("json", "text"));
  });

  test("a service behind it answers", async () => {
    await aws.text("ecs create-cluster --cluster-name main");
    await aws.text("logs create-log-group --log-group-name /shop");
    const logConfiguration = {
      logDriver: "awslogs",
      options: { "awslogs-group": "/shop", "awslogs-region": drydock.region, "awslogs-stream-prefix": "web" },
    };
    await aws.text(
      "ecs register-task-definition --cli-input-json",
      JSON.stringify({
        family: "web",
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: "256",
        memory: "512",
        executionRoleArn: "arn:aws:iam::000000000000:role/execution",
        containerDefinitions: [
          {
            name: "web",
            image,
            portMappings: [{ containerPort: 8080 }],
            environment: [{ name: "TEXT", value: "hello" }],
            logConfiguration,
          },
        ],
      }),
    );
    await aws.text(
      `ecs create-service --cluster main --service-name web --task-definition web --desired-count 1 --launch-type FARGATE ` +
        `--network-configuration awsvpcConfiguration={subnets=[${subnets.join(",")}],assignPublicIp=ENABLED} ` +
        `--load-balancers targetGroupArn=${targetGroupArn},containerName=web,containerPort=8080`,
    );
    await aws.text("ecs wait services-stable --cluster main --services web");
    const health =
      `elbv2 describe-target-health --target-group-arn ${targetGroupArn} --output text ` +
      "--query TargetHealthDescriptions[].TargetHealth.[State,Reason]";
    // `elbv2 wait target-in-service` would look every 15 s.
    while ((await aws.text(health)) === "initial\tElb.InitialHealthChecking") await wait(100);
    expect(await aws.text(health)).toBe("healthy\tNone");
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  test("a task runs a command of its own to its end, with its exit code and its log", async () => {
    const network = `awsvpcConfiguration={subnets=[${subnets[0]}],assignPublicIp=ENABLED}`;
    const taskArn = await aws.text(
      `ecs run-task --cluster main --task-definition web --launch-type FARGATE --network-configuration ${network} ` +
        "--query tasks[0].taskArn --output text --overrides",
      JSON.stringify({
        containerOverrides: [{ name: "web", command: ["node", "-e", "console.log('migrated'); process.exitCode = 7"] }],
      }),
    );
    await aws.text(`ecs wait tasks-stopped --cluster main --tasks ${taskArn}`);
    const reason = "tasks[].[lastStatus,stopCode,stoppedReason,containers[].exitCode]";
    expect(await aws.json(`ecs describe-tasks --cluster main --tasks ${taskArn} --query ${reason}`)).toEqual([
      ["STOPPED", "EssentialContainerExited", "Essential container in task exited", [7]],
    ]);
    const stream = `web/web/${taskArn.split("/").at(-1)}`;
    const events = `logs get-log-events --log-group-name /shop --log-stream-name ${stream} --query events[].message`;
    expect(await aws.json(events)).toEqual(["migrated"]);
  });

  test("a stopped task says who stopped it, and the service replaces it", async () => {
    const running = "ecs list-tasks --cluster main --service-name web --desired-status RUNNING --query taskArns";
    const taskArn = await aws.text(`${running} --output text`);
    await aws.text(`ecs stop-task --cluster main --task ${taskArn} --reason maintenance`);
    await aws.text(`ecs wait tasks-stopped --cluster main --tasks ${taskArn}`);
    const reason = "tasks[].[desiredStatus,stopCode,stoppedReason,containers[].exitCode]";
    expect(await aws.json(`ecs describe-tasks --cluster main --tasks ${taskArn} --query ${reason}`)).toEqual([
      ["STOPPED", "UserInitiated", "maintenance", [0]],
    ]);
    expect(await aws.json(running)).toEqual([expect.not.stringMatching(taskArn)]);
  });

  test("a service is deleted by force only while it has tasks", async () => {
    expect(await aws.refusal("ecs delete-service --cluster main --service web")).toBe(
      "An error occurred (InvalidParameterException) when calling the DeleteService operation: " +
        "The service cannot be stopped while it is scaled above 0.",
    );
    const remove = "ecs delete-service --cluster main --service web --force --query service.[status,desiredCount]";
    expect(await aws.json(remove)).toEqual(["DRAINING", 0]);
  });

  test("an image goes with its last tag, and then its repository", async () => {
    const images = "ecr list-images --repository-name shop/web --query imageIds";
    const remove =
      "ecr batch-delete-image --repository-name shop/web --query [imageIds,failures[].failureCode] --image-ids";
    expect(await aws.json(`${remove} imageTag=one imageTag=none`)).toEqual([
      [{ imageDigest: digest, imageTag: "one" }],
      ["ImageNotFound"],
    ]);
    expect(await aws.json(images)).toEqual([]);
    await aws.text("ecr delete-repository --repository-name shop/web");
    expect(await aws.refusal(images)).toContain("The repository with name 'shop/web' does not exist");
  });
});
