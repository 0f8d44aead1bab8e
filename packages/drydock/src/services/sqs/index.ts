import { defineService } from "../../service.ts";
import { moveTaskOperations } from "./operations/move-tasks.ts";
import { permissionOperations } from "./operations/permissions.ts";
import { queueOperations } from "./operations/queues.ts";
import { receiveOperations } from "./operations/receive.ts";
import { receivedOperations } from "./operations/received.ts";
import { sendOperations } from "./operations/send.ts";
import { openSqs } from "./sqs.ts";

/**
 * Standard and FIFO queues over a table of messages. All times are the region's: with a time scale, visibility timeouts,
 * delays and long polls pass as fast as everything else.
 * Gaps: ReceiveRequestAttemptId, the limits on messages in flight, throttling of FIFO queues.
 * By design: a message move task is over at once; nothing is approximate (counts are exact, a standard queue keeps its order and delivers once per visibility timeout);
 * a name can be used again at once after DeleteQueue; policies and encryption settings are kept and described, and not enforced.
 * Client quirk: version 1 of the AWS CLI calls SQS at AWS whatever AWS_ENDPOINT_URL says; it has to be given `--endpoint-url`.
 */
export const sqs = defineService({
  name: "sqs",
  load: () => import("@aws-sdk/client-sqs"),
  validationErrorCode: "MissingParameter",
  operations: (region) => {
    const opened = openSqs(region);
    return {
      ...queueOperations(opened),
      ...sendOperations(opened),
      ...receiveOperations(opened),
      ...receivedOperations(opened),
      ...permissionOperations(opened),
      ...moveTaskOperations(opened),
    };
  },
});
