import type { ListedImage } from "@fardel/core";
import { formatAgo, formatBytes } from "./quantities.ts";
import type { Style } from "./style.ts";
import { alignColumns, fit, tame } from "./text.ts";

/** `sha256:` and as many digits as tell images apart. */
const shortDigest = 19;

/** What is in the repositories, image by image, newest first. */
export function imagesTable(images: readonly ListedImage[], { colors, width, symbols }: Style, now: Date): string {
  if (images.length === 0) return "There is no image yet.";
  const header = ["image", "digest", "size", "pushed", "releases", "tags"].map((name) => colors.dim(name));
  const rows = images.map(({ image, digest, sizeBytes, pushed, releases, tags }) => [
    image,
    digest.slice(0, shortDigest),
    formatBytes(sizeBytes),
    formatAgo(new Date(pushed), now),
    releases
      .map(({ environment, number, serves }) => {
        const release = `${environment} ${number}`;
        return serves ? colors.green(`${release} serves`) : release;
      })
      .join(", "),
    tame(tags.join(" ")),
  ]);
  return alignColumns([header, ...rows])
    .map((line) => fit(line, width, symbols.ellipsis))
    .join("\n");
}
