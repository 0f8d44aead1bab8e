"""What a Python program does with a region: waiters, paginators, errors. Prints what it saw as one JSON document."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

image, log_group = sys.argv[1:]
seen = {}


def refusal(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
    return None


ecs, ec2, elb, logs, s3, ssm = (
    boto3.client(name) for name in ["ecs", "ec2", "elbv2", "logs", "s3", "ssm"]
)
quickly = {"Delay": 1, "MaxAttempts": 60}

s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": ec2.meta.region_name})
s3.get_waiter("bucket_exists").wait(Bucket="files")
for index in range(5):
    s3.put_object(Bucket="files", Key=f"{index}.txt", Body=b"x" * index)
pages = s3.get_paginator("list_objects_v2").paginate(Bucket="files", PaginationConfig={"PageSize": 2})
seen["objects"] = [[[item["Key"], item["Size"]] for item in page["Contents"]] for page in pages]
s3.delete_objects(Bucket="files", Delete={"Objects": [{"Key": f"{index}.txt"} for index in range(5)]})
s3.delete_bucket(Bucket="files")
s3.get_waiter("bucket_not_exists").wait(Bucket="files", WaiterConfig=quickly)

for name in ["a", "b", "c"]:
    ssm.put_parameter(Name=f"/shop/{name}", Value=name, Type="String")
pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/shop", PaginationConfig={"PageSize": 2})
seen["parameters"] = [[parameter["Value"] for parameter in page["Parameters"]] for page in pages]

subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
target_group = elb.create_target_group(
    Name="web",
    Protocol="HTTP",
    Port=8080,
    VpcId=vpc,
    TargetType="ip",
    HealthCheckIntervalSeconds=5,
    HealthCheckTimeoutSeconds=2,
)["TargetGroups"][0]["TargetGroupArn"]
elb.modify_target_group_attributes(
    TargetGroupArn=target_group,
    Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}],
)
load_balancer = elb.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[load_balancer], WaiterConfig=quickly)
elb.create_listener(
    LoadBalancerArn=load_balancer,
    Protocol="HTTP",
    Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
)

ecs.create_cluster(clusterName="main")
definition = {
    "family": "web",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "containerDefinitions": [
        {
            "name": "web",
            "image": image,
            "portMappings": [{"containerPort": 8080}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": log_group,
                    "awslogs-region": ec2.meta.region_name,
                    "awslogs-stream-prefix": "web",
                    "awslogs-create-group": "true",
                },
            },
        }
    ],
}
for _ in range(3):
    ecs.register_task_definition(**definition)
pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix="web", PaginationConfig={"PageSize": 2})
seen["definitions"] = [[arn.split("/")[1] for arn in page["taskDefinitionArns"]] for page in pages]

network = {"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "ENABLED"}}
service = {"cluster": "main", "services": ["web"]}
ecs.create_service(
    cluster="main",
    serviceName="web",
    taskDefinition="web:3",
    desiredCount=1,
    launchType="FARGATE",
    networkConfiguration=network,
    loadBalancers=[{"targetGroupArn": target_group, "containerName": "web", "containerPort": 8080}],
)
ecs.get_waiter("services_stable").wait(**service, WaiterConfig=quickly)
elb.get_waiter("target_in_service").wait(TargetGroupArn=target_group, WaiterConfig=quickly)
seen["service"] = [
    [deployment["status"], deployment["runningCount"]]
    for deployment in ecs.describe_services(**service)["services"][0]["deployments"]
]

running = ecs.list_tasks(cluster="main", serviceName="web")["taskArns"][0]
seen["execute_command"] = refusal(ecs.execute_command, cluster="main", task=running, command="sh", interactive=True)
seen["unknown_task_definition"] = refusal(ecs.update_service, cluster="main", service="web", taskDefinition="web:9")

task = ecs.run_task(
    cluster="main",
    taskDefinition="web",
    launchType="FARGATE",
    networkConfiguration=network,
    overrides={"containerOverrides": [{"name": "web", "command": ["node", "-e", "console.log('done')"]}]},
)["tasks"][0]["taskArn"]
ecs.get_waiter("tasks_stopped").wait(cluster="main", tasks=[task], WaiterConfig=quickly)
stopped = ecs.describe_tasks(cluster="main", tasks=[task])["tasks"][0]
seen["task"] = [stopped["stopCode"], stopped["stoppedReason"], stopped["containers"][0]["exitCode"]]
stream = f"web/web/{task.split('/')[-1]}"
pages = logs.get_paginator("filter_log_events").paginate(logGroupName=log_group, logStreamNames=[stream])
seen["log"] = [event["message"] for page in pages for event in page["events"]]

ecs.delete_service(cluster="main", service="web", force=True)
ecs.get_waiter("services_inactive").wait(**service, WaiterConfig=quickly)
seen["left"] = ecs.list_services(cluster="main")["serviceArns"]

print(json.dumps(seen))
