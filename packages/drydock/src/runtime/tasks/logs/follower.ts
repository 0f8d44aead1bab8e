import { type FileHandle, open } from "node:fs/promises";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import { wallClock } from "../../../scaled-clock.ts";
import type { LogDestination } from "./destination.ts";
import { type Line, LineSplitter } from "./lines.ts";

const pollMilliseconds = 100;
const chunkBytes = 64 * 1024;
const batchEvents = 256;
// PutLogEvents: "The maximum batch size is 1,048,576 bytes … the sum of all event messages in UTF-8, plus 26 bytes for each".
const batchBytes = 1_048_576;
const eventOverheadBytes = 26;
const attempts = 5;
const retryMilliseconds = 200;

/** Sends a file's lines to a log stream as they are appended. */
export interface LogFollower {
  /** To be called when nothing more is appended; resolves when the last line has been sent. */
  finish(): Promise<void>;
}

/**
 * Follows a container's output file. How far it has been sent is kept in the store under `key`, so that a drydock started
 * again goes on where the last one stopped: a line can come twice then, none is lost.
 * Lines are sent at most 100 ms after they were written, in batches of up to 256.
 */
export function followOutput(region: Region, file: string, destination: LogDestination, key: string): LogFollower {
  const clock = wallClock(region.clock);
  const offsets = region.store.collection<number>("tasks.logs");
  const splitter = new LineSplitter();
  let sent = offsets.get(key) ?? 0;
  let position = sent;
  let finished = false;
  let wake = () => {};
  // One for all polls: many tasks, each looked at ten times a second, would otherwise keep the garbage collector busy.
  const buffer = Buffer.allocUnsafe(chunkBytes);

  const drain = async (handle: FileHandle) => {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, chunkBytes, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      await send(splitter.push(buffer.subarray(0, bytesRead)));
    }
  };
  const send = async (lines: Line[]) => {
    for (const batch of batches(lines)) {
      const events = batch
        .filter(({ text }) => text !== "")
        .map(({ text }) => ({ timestamp: clock.now(), message: text }));
      if (events.length > 0) await put(region, destination, events);
      sent += batch.reduce((total, { bytes }) => total + bytes, 0);
      offsets.put(key, sent);
    }
  };
  const follow = async () => {
    const handle = await open(file, "r");
    try {
      while (!finished) {
        await drain(handle);
        if (finished) break;
        await new Promise<void>((resolve) => {
          const cancel = clock.after(pollMilliseconds, resolve);
          wake = () => {
            cancel();
            resolve();
          };
        });
      }
      await drain(handle);
      await send(splitter.end());
    } finally {
      await handle.close();
      if (finished) offsets.delete(key);
    }
  };
  const following = follow().catch((error) => region.log(`logs of ${destination.logStreamName}: ${error}`));
  return {
    finish: () => {
      finished = true;
      wake();
      return following;
    },
  };
}

/** Lines in the batches they are sent in: no more events or bytes than PutLogEvents takes. */
export function batches(lines: Line[]): Line[][] {
  const result: Line[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const cost = line.bytes + eventOverheadBytes;
    const last = result.at(-1);
    if (last && last.length < batchEvents && bytes + cost <= batchBytes) {
      last.push(line);
      bytes += cost;
    } else {
      result.push([line]);
      bytes = cost;
    }
  }
  return result;
}

type LogEvents = { timestamp: number; message: string }[];

/** Tries a few times where waiting may help; then the events are given up, as the awslogs driver does. */
async function put(region: Region, destination: LogDestination, logEvents: LogEvents): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await region.call("logs").PutLogEvents({ ...destination, logEvents });
      return;
    } catch (error) {
      if (attempt === attempts || !isTemporary(error)) {
        region.log(`${logEvents.length} log events for ${destination.logStreamName} were lost: ${error}`);
        return;
      }
      await new Promise<void>((resolve) => void wallClock(region.clock).after(retryMilliseconds * attempt, resolve));
    }
  }
}

function isTemporary(error: unknown): boolean {
  if (!(error instanceof AwsError)) return true;
  return (
    error.code === "ThrottlingException" || error.code === "ServiceUnavailableException" || (error.status ?? 0) >= 500
  );
}
