import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startTestDrydock } from "@fardel/drydock/testing.ts";
import { expect, test } from "vitest";
import { awsCli, clientEnvironment } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";

const run = promisify(execFile);
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

describeWith("aws", "the AWS CLI: queues and schedules", () => {
  test("sends, receives and is told what a schedule's run sent", async () => {
    const drydock = await startTestDrydock();
    const aws = awsCli(drydock, drydock.directory);
    // Version 1 has an address of its own for SQS, over which AWS_ENDPOINT_URL has no say.
    const sqs = `--endpoint-url ${drydock.endpoint} sqs`;
    const url = await aws.text(`${sqs} create-queue --queue-name runs --query QueueUrl --output text`);
    expect(url).toBe(`${drydock.endpoint}/000000000000/runs`);
    await aws.text(`${sqs} send-message --queue-url ${url} --message-body`, "by hand");
    const receive = `${sqs} receive-message --queue-url ${url} --wait-time-seconds 20 --query Messages[].Body`;
    expect(await aws.json(receive)).toEqual(["by hand"]);
    expect(await aws.refusal(`${sqs} get-queue-url --queue-name none`)).toContain(
      "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation",
    );

    const role = "iam create-role --role-name scheduler --query Role.Arn --output text --assume-role-policy-document";
    const Target = {
      Arn: "arn:aws:sqs:eu-west-1:000000000000:runs",
      RoleArn: await aws.text(role, trust),
      Input: "run",
    };
    const schedule = "--name every --schedule-expression-timezone Europe/Berlin --flexible-time-window Mode=OFF";
    const made = await aws.json(
      `scheduler create-schedule ${schedule}`,
      "--schedule-expression",
      "rate(1 day)",
      "--target",
      JSON.stringify(Target),
    );
    expect(made).toEqual({ ScheduleArn: "arn:aws:scheduler:eu-west-1:000000000000:schedule/default/every" });
    expect(await aws.json(receive)).toEqual(["run"]);
    await aws.text("scheduler delete-schedule --name every");
    expect(await aws.refusal("scheduler get-schedule --name every")).toContain(
      "An error occurred (ResourceNotFoundException) when calling the GetSchedule operation: Schedule every does not exist.",
    );
  });
});

const program = `
import boto3, json
sqs = boto3.resource("sqs")
queue = sqs.create_queue(QueueName="work.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})
for body in ["a", "a", "b"]:
    queue.send_message(MessageBody=body, MessageGroupId="g", MessageAttributes={"kind": {"DataType": "String", "StringValue": body}})
seen = []
while messages := queue.receive_messages(MaxNumberOfMessages=1, MessageAttributeNames=["All"]):
    for message in messages:
        seen.append([message.body, message.message_attributes["kind"]["StringValue"]])
        message.delete()
try:
    sqs.get_queue_by_name(QueueName="none")
except sqs.meta.client.exceptions.QueueDoesNotExist as error:
    seen.append(error.response["Error"]["Code"])
print(json.dumps(seen))
`;

describeWith("boto3", "boto3: queues", () => {
  test("a FIFO queue through boto3's resources", async () => {
    const drydock = await startTestDrydock();
    const { stdout } = await run("python3", ["-c", program], { env: clientEnvironment(drydock) });
    expect(JSON.parse(stdout)).toEqual([["a", "a"], ["b", "b"], "AWS.SimpleQueueService.NonExistentQueue"]);
  });
});
