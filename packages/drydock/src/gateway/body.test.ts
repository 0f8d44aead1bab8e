import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AwsChunkedDecoder } from "./body.ts";

function frame(chunks: string[]): Buffer {
  const framed = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)};chunk-signature=00\r\n${chunk}\r\n`);
  return Buffer.from(`${framed.join("")}0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n`);
}

test("the chunks of a body come out joined, wherever the network cut them", async () => {
  const chunk = fc.string({ minLength: 1, maxLength: 40, unit: "binary" });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), async (chunks, size) => {
      const framed = frame(chunks);
      const cuts = Array.from({ length: Math.ceil(framed.length / size) }, (_, index) =>
        framed.subarray(index * size, (index + 1) * size),
      );
      const decoder = new AwsChunkedDecoder();
      const decoded = await buffer(Readable.from(cuts).pipe(decoder));
      expect(decoded.toString()).toBe(chunks.join(""));
      expect(decoder.trailers).toEqual({ "x-amz-checksum-crc32": "AAAAAA==" });
    }),
  );
});

test.each([
  ["a body that ends too soon", "5\r\nhel", "ended before its last chunk"],
  ["a size that is no number", "zz\r\nhello\r\n0\r\n\r\n", "not a valid aws-chunked stream"],
])("%s is refused", async (_name, text, message) => {
  await expect(buffer(Readable.from([Buffer.from(text)]).pipe(new AwsChunkedDecoder()))).rejects.toThrow(message);
});
