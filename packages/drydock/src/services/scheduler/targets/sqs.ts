import type { Region } from "../../../region.ts";
import type { InvocationRecord } from "../records.ts";
import { payload } from "./payload.ts";

export async function sendMessage(region: Region, invocation: InvocationRecord): Promise<void> {
  const { Arn = "", SqsParameters } = invocation.target;
  await region.call("sqs").SendMessage({
    QueueUrl: queueUrl(region, Arn),
    MessageBody: payload(region, invocation),
    ...(SqsParameters?.MessageGroupId !== undefined && { MessageGroupId: SqsParameters.MessageGroupId }),
  });
}

/** Of a queue's ARN. */
export function queueUrl(region: Region, arn: string): string {
  const [, , , , account, name] = arn.split(":");
  return new URL(`/${account}/${name}`, region.endpoint).href;
}
