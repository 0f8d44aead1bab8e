import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { AwsError } from "../../errors.ts";
import { AwsChunkedDecoder } from "../../gateway/body.ts";

export interface Received {
  size: number;
  /** Hexadecimal. */
  md5: string;
  /** Those the client sent, all of them checked but CRC32C and CRC64NVME, for which Node has no function. */
  checksums: Record<string, string>;
}

/** The integrity values a client may send with a body; base64, as in the headers. */
export interface ExpectedDigests {
  ContentMD5?: string | undefined;
  /** Of a checksum that follows the body in a trailer. */
  ChecksumAlgorithm?: string | undefined;
  ChecksumCRC32?: string | undefined;
  ChecksumCRC32C?: string | undefined;
  ChecksumCRC64NVME?: string | undefined;
  ChecksumSHA1?: string | undefined;
  ChecksumSHA256?: string | undefined;
}

const algorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;

/** Writes a body to a file. When it breaks off or doesn't match what the client said of it, the file is removed. */
export async function receiveBody(body: unknown, path: string, expected: ExpectedDigests): Promise<Received> {
  const source = body instanceof Readable ? body : Readable.from([Buffer.from((body as Uint8Array | undefined) ?? "")]);
  const wants = (name: (typeof algorithms)[number]) =>
    expected[`Checksum${name}`] !== undefined || expected.ChecksumAlgorithm === name;
  const hashes: Record<string, Hash> = { md5: createHash("md5") };
  if (wants("SHA1")) hashes.SHA1 = createHash("sha1");
  if (wants("SHA256")) hashes.SHA256 = createHash("sha256");
  let size = 0;
  let crc = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      for (const hash of Object.values(hashes)) hash.update(chunk);
      if (wants("CRC32")) crc = crc32(chunk, crc);
      done(null, chunk);
    },
  });
  try {
    await pipeline(source, meter, createWriteStream(path, { mode: 0o600 }));
    const crcBytes = Buffer.alloc(4);
    crcBytes.writeUInt32BE(crc);
    const { md5 = Buffer.of(), ...digests } = Object.fromEntries(
      Object.entries(hashes).map(([name, hash]) => [name, hash.digest()]),
    );
    check("Content-MD5", expected.ContentMD5, md5);
    const computed: Record<string, Buffer> = wants("CRC32") ? { ...digests, CRC32: crcBytes } : digests;
    const checksums: Record<string, string> = {};
    for (const name of algorithms) {
      const header = `x-amz-checksum-${name.toLowerCase()}`;
      const given = expected[`Checksum${name}`] ?? trailersOf(source)[header];
      if (computed[name]) check(header, given, computed[name]);
      const value = computed[name]?.toString("base64") ?? given;
      if (value !== undefined) checksums[`Checksum${name}`] = value;
    }
    return { size, md5: md5.toString("hex"), checksums };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function trailersOf(source: Readable): Record<string, string> {
  return source instanceof AwsChunkedDecoder ? source.trailers : {};
}

function check(header: string, expected: string | undefined, actual: Buffer): void {
  if (expected === undefined || expected === actual.toString("base64")) return;
  const message = `The ${header} you specified did not match what we received.`;
  throw new AwsError("BadDigest", message, { status: 400 });
}
