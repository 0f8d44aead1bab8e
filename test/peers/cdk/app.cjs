// A web service as teams describe it with the AWS CDK. Its image is in the repository shop/web; TEXT is what it answers.
const { App, Duration, RemovalPolicy, Stack } = require("aws-cdk-lib");
const { Vpc } = require("aws-cdk-lib/aws-ec2");
const { Repository } = require("aws-cdk-lib/aws-ecr");
const { Cluster, ContainerImage, LogDrivers } = require("aws-cdk-lib/aws-ecs");
const { ApplicationLoadBalancedFargateService } = require("aws-cdk-lib/aws-ecs-patterns");
const { LogGroup } = require("aws-cdk-lib/aws-logs");

const stack = new Stack(new App(), "Shop");
const vpc = new Vpc(stack, "Vpc", { maxAzs: 2, natGateways: 1 });
const logGroup = new LogGroup(stack, "Log", { removalPolicy: RemovalPolicy.DESTROY });
const web = new ApplicationLoadBalancedFargateService(stack, "Web", {
  cluster: new Cluster(stack, "Cluster", { vpc }),
  cpu: 256,
  memoryLimitMiB: 512,
  desiredCount: 1,
  minHealthyPercent: 100,
  healthCheckGracePeriod: Duration.minutes(5),
  circuitBreaker: { rollback: true },
  taskImageOptions: {
    image: ContainerImage.fromEcrRepository(Repository.fromRepositoryName(stack, "Image", "shop/web"), "one"),
    containerPort: 8080,
    environment: { TEXT: process.env.TEXT ?? "" },
    logDriver: LogDrivers.awsLogs({ streamPrefix: "web", logGroup }),
  },
});
web.targetGroup.configureHealthCheck({ interval: Duration.seconds(5), timeout: Duration.seconds(2) });
web.targetGroup.setAttribute("deregistration_delay.timeout_seconds", "5");
web.service.autoScaleTaskCount({ maxCapacity: 4 }).scaleOnCpuUtilization("Cpu", { targetUtilizationPercent: 60 });
