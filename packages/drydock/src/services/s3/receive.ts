import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { AwsError } from "../../errors.ts";

export interface Received {
  size: number;
  /** Hexadecimal. */
  md5: string;
}

/** The integrity values a client may send with a body; base64, as in the headers. */
export interface ExpectedDigests {
  ContentMD5?: string | undefined;
  ChecksumCRC32?: string | undefined;
  ChecksumSHA1?: string | undefined;
  ChecksumSHA256?: string | undefined;
}

/** Writes a body to a file. When it breaks off or doesn't match what the client said of it, the file is removed. */
export async function receiveBody(body: unknown, path: string, expected: ExpectedDigests): Promise<Received> {
  const source = body instanceof Readable ? body : Readable.from([Buffer.from((body as Uint8Array | undefined) ?? "")]);
  const hashes = { md5: createHash("md5"), ...wantedHashes(expected) };
  let size = 0;
  let crc = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      for (const hash of Object.values(hashes)) hash.update(chunk);
      if (expected.ChecksumCRC32 !== undefined) crc = crc32(chunk, crc);
      done(null, chunk);
    },
  });
  try {
    await pipeline(source, meter, createWriteStream(path, { mode: 0o600 }));
    const md5 = hashes.md5.digest();
    check("Content-MD5", expected.ContentMD5, md5);
    if (hashes.sha1) check("x-amz-checksum-sha1", expected.ChecksumSHA1, hashes.sha1.digest());
    if (hashes.sha256) check("x-amz-checksum-sha256", expected.ChecksumSHA256, hashes.sha256.digest());
    const crcBytes = Buffer.alloc(4);
    crcBytes.writeUInt32BE(crc);
    check("x-amz-checksum-crc32", expected.ChecksumCRC32, crcBytes);
    return { size, md5: md5.toString("hex") };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function wantedHashes(expected: ExpectedDigests): { sha1?: Hash; sha256?: Hash } {
  return {
    ...(expected.ChecksumSHA1 !== undefined && { sha1: createHash("sha1") }),
    ...(expected.ChecksumSHA256 !== undefined && { sha256: createHash("sha256") }),
  };
}

function check(header: string, expected: string | undefined, actual: Buffer): void {
  if (expected === undefined || expected === actual.toString("base64")) return;
  const message = `The ${header} you specified did not match what we received.`;
  throw new AwsError("BadDigest", message, { status: 400 });
}
