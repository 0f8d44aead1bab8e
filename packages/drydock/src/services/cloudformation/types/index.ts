import type { ResourceType, ResourceTypes } from "../engine/resource-type.ts";

/** Where each resource type's code is; loaded when a template uses it. */
const loaders: Record<string, () => Promise<ResourceType>> = {
  "AWS::ApplicationAutoScaling::ScalableTarget": () =>
    import("./application-autoscaling-scalable-target.ts").then((module) => module.scalableTarget),
  "AWS::ApplicationAutoScaling::ScalingPolicy": () =>
    import("./application-autoscaling-scaling-policy.ts").then((module) => module.scalingPolicy),
  "AWS::CDK::Metadata": () => import("./cdk-metadata.ts").then((module) => module.cdkMetadata),
  "AWS::CloudFormation::WaitConditionHandle": () =>
    import("./cloudformation-wait-condition-handle.ts").then((module) => module.waitConditionHandle),
  "AWS::CloudWatch::Alarm": () => import("./cloudwatch-alarm.ts").then((module) => module.alarm),
  "AWS::EC2::EIP": () => import("./ec2-eip.ts").then((module) => module.eip),
  "AWS::EC2::InternetGateway": () => import("./ec2-internet-gateway.ts").then((module) => module.internetGateway),
  "AWS::EC2::NatGateway": () => import("./ec2-nat-gateway.ts").then((module) => module.natGateway),
  "AWS::EC2::Route": () => import("./ec2-route.ts").then((module) => module.route),
  "AWS::EC2::RouteTable": () => import("./ec2-route-table.ts").then((module) => module.routeTable),
  "AWS::EC2::SecurityGroup": () => import("./ec2-security-group.ts").then((module) => module.securityGroup),
  "AWS::EC2::SecurityGroupEgress": () =>
    import("./ec2-security-group-egress.ts").then((module) => module.securityGroupEgress),
  "AWS::EC2::SecurityGroupIngress": () =>
    import("./ec2-security-group-ingress.ts").then((module) => module.securityGroupIngress),
  "AWS::EC2::Subnet": () => import("./ec2-subnet.ts").then((module) => module.subnet),
  "AWS::EC2::SubnetRouteTableAssociation": () =>
    import("./ec2-subnet-route-table-association.ts").then((module) => module.subnetRouteTableAssociation),
  "AWS::EC2::VPC": () => import("./ec2-vpc.ts").then((module) => module.vpc),
  "AWS::EC2::VPCGatewayAttachment": () =>
    import("./ec2-vpc-gateway-attachment.ts").then((module) => module.vpcGatewayAttachment),
  "AWS::ECR::Repository": () => import("./ecr-repository.ts").then((module) => module.repository),
  "AWS::ECS::Cluster": () => import("./ecs-cluster.ts").then((module) => module.cluster),
  "AWS::ECS::ClusterCapacityProviderAssociations": () =>
    import("./ecs-cluster-capacity-provider-associations.ts").then(
      (module) => module.clusterCapacityProviderAssociations,
    ),
  "AWS::ECS::Service": () => import("./ecs-service.ts").then((module) => module.service),
  "AWS::ECS::TaskDefinition": () => import("./ecs-task-definition.ts").then((module) => module.taskDefinition),
  "AWS::ElasticLoadBalancingV2::Listener": () => import("./elbv2-listener.ts").then((module) => module.listener),
  "AWS::ElasticLoadBalancingV2::ListenerRule": () =>
    import("./elbv2-listener-rule.ts").then((module) => module.listenerRule),
  "AWS::ElasticLoadBalancingV2::LoadBalancer": () =>
    import("./elbv2-load-balancer.ts").then((module) => module.loadBalancer),
  "AWS::ElasticLoadBalancingV2::TargetGroup": () =>
    import("./elbv2-target-group.ts").then((module) => module.targetGroup),
  "AWS::IAM::ManagedPolicy": () => import("./iam-managed-policy.ts").then((module) => module.managedPolicy),
  "AWS::IAM::Policy": () => import("./iam-policy.ts").then((module) => module.inlinePolicy),
  "AWS::IAM::Role": () => import("./iam-role.ts").then((module) => module.role),
  "AWS::KMS::Alias": () => import("./kms-alias.ts").then((module) => module.alias),
  "AWS::KMS::Key": () => import("./kms-key.ts").then((module) => module.key),
  "AWS::Logs::LogGroup": () => import("./logs-log-group.ts").then((module) => module.logGroup),
  "AWS::RDS::DBInstance": () => import("./rds-db-instance.ts").then((module) => module.dbInstance),
  "AWS::RDS::DBParameterGroup": () => import("./rds-db-parameter-group.ts").then((module) => module.dbParameterGroup),
  "AWS::RDS::DBSubnetGroup": () => import("./rds-db-subnet-group.ts").then((module) => module.dbSubnetGroup),
  "AWS::S3::Bucket": () => import("./s3-bucket.ts").then((module) => module.bucket),
  "AWS::S3::BucketPolicy": () => import("./s3-bucket-policy.ts").then((module) => module.bucketPolicy),
  "AWS::SQS::Queue": () => import("./sqs-queue.ts").then((module) => module.queue),
  "AWS::SQS::QueuePolicy": () => import("./sqs-queue-policy.ts").then((module) => module.queuePolicy),
  "AWS::SSM::Parameter": () => import("./ssm-parameter.ts").then((module) => module.parameter),
  "AWS::Scheduler::Schedule": () => import("./scheduler-schedule.ts").then((module) => module.schedule),
  "AWS::Scheduler::ScheduleGroup": () => import("./scheduler-schedule-group.ts").then((module) => module.scheduleGroup),
  "AWS::SecretsManager::Secret": () => import("./secretsmanager-secret.ts").then((module) => module.secret),
  "AWS::SecretsManager::SecretTargetAttachment": () =>
    import("./secretsmanager-secret-target-attachment.ts").then((module) => module.secretTargetAttachment),
};

export const resourceTypeNames = Object.keys(loaders);

export const resourceTypes: ResourceTypes = {
  load: async (name) => (Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined),
};
