/** The policies AWS itself manages that container apps attach, or services to their linked roles; an ARN that isn't here is answered NoSuchEntity. */
export const awsManagedPolicies: Record<string, { actions: string[]; resource?: string }> = {
  "arn:aws:iam::aws:policy/AWSCloudFormationReadOnlyAccess": {
    actions: [
      "cloudformation:Describe*",
      "cloudformation:BatchDescribe*",
      "cloudformation:EstimateTemplateCost",
      "cloudformation:Get*",
      "cloudformation:List*",
      "cloudformation:ValidateTemplate",
      "cloudformation:Detect*",
    ],
  },
  "arn:aws:iam::aws:policy/AdministratorAccess": { actions: ["*"] },
  "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly": {
    actions: [
      "ecr:GetAuthorizationToken",
      "ecr:BatchCheckLayerAvailability",
      "ecr:GetDownloadUrlForLayer",
      "ecr:DescribeRepositories",
      "ecr:ListImages",
      "ecr:DescribeImages",
      "ecr:BatchGetImage",
    ],
  },
  "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess": { actions: ["s3:Get*", "s3:List*"] },
  "arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess": { actions: ["ssm:Describe*", "ssm:Get*", "ssm:List*"] },
  "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy": {
    actions: [
      "cloudwatch:PutMetricData",
      "logs:PutLogEvents",
      "logs:DescribeLogStreams",
      "logs:DescribeLogGroups",
      "logs:CreateLogStream",
      "logs:CreateLogGroup",
    ],
  },
  "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess": { actions: ["logs:*", "cloudwatch:GenerateQuery"] },
  "arn:aws:iam::aws:policy/ReadOnlyAccess": { actions: ["*:Describe*", "*:Get*", "*:List*"] },
  "arn:aws:iam::aws:policy/SecretsManagerReadWrite": { actions: ["secretsmanager:*"] },
  "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy": {
    actions: [
      "ecr:GetAuthorizationToken",
      "ecr:BatchCheckLayerAvailability",
      "ecr:GetDownloadUrlForLayer",
      "ecr:BatchGetImage",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ],
  },
  "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole": {
    actions: ["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:CreateLogStream", "logs:PutLogEvents"],
  },
  "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers": {
    actions: [
      "elasticloadbalancing:Describe*",
      "elasticloadbalancing:ModifyRule",
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:RegisterTargets",
      "elasticloadbalancing:DeregisterTargets",
    ],
  },
  "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy": {
    actions: [
      "ec2:AttachNetworkInterface",
      "ec2:CreateNetworkInterface",
      "ec2:CreateNetworkInterfacePermission",
      "ec2:DeleteNetworkInterface",
      "ec2:DeleteNetworkInterfacePermission",
      "ec2:Describe*",
      "ec2:DetachNetworkInterface",
      "elasticloadbalancing:DeregisterTargets",
      "elasticloadbalancing:Describe*",
      "elasticloadbalancing:RegisterTargets",
    ],
  },
  "arn:aws:iam::aws:policy/aws-service-role/AmazonRDSServiceRolePolicy": {
    actions: [
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:Describe*",
      "ec2:ModifyNetworkInterfaceAttribute",
      "cloudwatch:PutMetricData",
    ],
  },
  "arn:aws:iam::aws:policy/aws-service-role/AWSApplicationAutoscalingECSServicePolicy": {
    actions: [
      "ecs:DescribeServices",
      "ecs:UpdateService",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:DeleteAlarms",
    ],
  },
  "arn:aws:iam::aws:policy/aws-service-role/AWSElasticLoadBalancingServiceRolePolicy": {
    actions: [
      "ec2:AttachNetworkInterface",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:Describe*",
      "ec2:ModifyNetworkInterfaceAttribute",
    ],
  },
};
