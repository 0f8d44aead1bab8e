import { Transform } from "node:stream";
import zlib from "node:zlib";
import { OciError } from "../errors.ts";
import { mediaTypes } from "../image.ts";

export type Compression = "gzip" | "zstd";

export const layerMediaTypes: Record<Compression, string> = { gzip: mediaTypes.layerGzip, zstd: mediaTypes.layerZstd };

/**
 * Compresses a layer so that the same bytes in give the same bytes out on every machine with the same zlib or zstd in
 * its Node: pieces of one size, because both may react to how their input is cut, and a gzip header that names no system.
 *
 * @throws OciError `zstd-unsupported` on Node before 22.15.
 */
export function compressor(compression: Compression): Transform[] {
  if (compression === "zstd") return [equalPieces(), zstd("createZstdCompress")];
  return [equalPieces(), zlib.createGzip({ level: 6 }), unknownSystem()];
}

/**
 * Undoes what a layer's media type says was done to the tar archive.
 *
 * @throws OciError `layer-media-type`, `zstd-unsupported`.
 */
export function decompressor(mediaType: string): Transform[] {
  if (/[+.]gzip$/.test(mediaType)) return [zlib.createGunzip()];
  if (/[+.]zstd$/.test(mediaType)) return [zstd("createZstdDecompress")];
  if (/[.]tar$/.test(mediaType)) return [];
  throw new OciError("layer-media-type", `Layers of type '${mediaType}' cannot be unpacked.`, {
    fix: "Build the image with gzip, zstd or plain tar layers.",
  });
}

function zstd(create: "createZstdCompress" | "createZstdDecompress"): Transform {
  if (typeof zlib[create] === "function") return zlib[create]();
  throw new OciError("zstd-unsupported", `Node ${process.versions.node} has no zstd, which this layer needs.`, {
    fix: "Use Node 22.15 or newer, or gzip layers.",
  });
}

function equalPieces(size = 64 * 1024): Transform {
  let held: Buffer[] = [];
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      held.push(chunk);
      length += chunk.length;
      if (length < size) return done();
      const joined = Buffer.concat(held, length);
      const whole = length - (length % size);
      for (let start = 0; start < whole; start += size) this.push(joined.subarray(start, start + size));
      held = [joined.subarray(whole)];
      length -= whole;
      done();
    },
    flush(done) {
      done(null, Buffer.concat(held, length));
    },
  });
}

/** RFC 1952: byte 9 is the operating system, 255 "unknown". zlib writes the one it was compiled for. */
function unknownSystem(): Transform {
  let position = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const index = 9 - position;
      if (index >= 0 && index < chunk.length) chunk[index] = 255;
      position += chunk.length;
      done(null, chunk);
    },
  });
}
