"""Prints, as a line of JSON each, all that a service's next service deployment shows on its way, until it has ended."""

import json
import sys
import time

import boto3

cluster, service = sys.argv[1:]
ecs = boto3.client("ecs")


def newest():
    listed = ecs.list_service_deployments(cluster=cluster, service=service)["serviceDeployments"]
    return listed[0]["serviceDeploymentArn"]


def revision(summary):
    keys = ["requestedTaskCount", "runningTaskCount", "requestedProductionTrafficWeight", "requestedTestTrafficWeight"]
    return {"revision": summary["arn"].split("/")[-1], **{key: summary.get(key) for key in keys}}


before = newest()
print("ready", flush=True)
while (deployment := newest()) == before:
    time.sleep(0.05)
last = None
while True:
    [seen] = ecs.describe_service_deployments(serviceDeploymentArns=[deployment])["serviceDeployments"]
    view = json.dumps(
        {
            "arn": deployment,
            "status": seen["status"],
            "stage": seen.get("lifecycleStage"),
            "source": [revision(each) for each in seen["sourceServiceRevisions"]],
            "target": revision(seen["targetServiceRevision"]),
            "hooks": [[each["hookId"], each["status"]] for each in seen.get("lifecycleHookDetails", [])],
        }
    )
    if view != last:
        print(view, flush=True)
    last = view
    if seen["status"] in ["SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"]:
        break
    time.sleep(0.02)
