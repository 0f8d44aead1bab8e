import type { MeasuredImage } from "@fardel/core";
import { formatBytes } from "./quantities.ts";
import type { Style } from "./style.ts";
import { alignColumns, fit, tame } from "./text.ts";

/** How big images are and why. */
export function imageSizes(images: readonly MeasuredImage[], style: Style): string {
  if (images.length === 0) return "The manifest has no images to build.";
  return images.map((image) => imageSize(image, style)).join("\n\n");
}

function imageSize(measured: MeasuredImage, { colors, width, symbols }: Style): string {
  const { image, sizeBytes, layers, biggest, digest } = measured;
  const layerRows = layers.map((layer) => [
    `  ${formatBytes(layer.sizeBytes)}`,
    layer.serves ? "as it serves" : "new",
    tame(layer.createdBy ?? layer.digest),
  ]);
  const partRows = biggest.map((part) => [`  ${formatBytes(part.sizeBytes)}`, tame(part.path)]);
  const lines = [
    `${colors.bold(image)}  ${formatBytes(sizeBytes)} compressed, ${digest}`,
    comparison(measured),
    colors.dim("layers, compressed"),
    ...alignColumns(layerRows),
    ...(partRows.length > 0 ? [colors.dim("biggest parts of what was built, uncompressed")] : []),
    ...alignColumns(partRows),
  ];
  return lines.map((line) => fit(line, width, symbols.ellipsis)).join("\n");
}

function comparison({ serving, sizeBytes, digest }: MeasuredImage): string {
  if (serving === undefined) return "no release serves it yet";
  if (serving.digest === digest) return `the same as in release ${serving.release}, which serves`;
  const difference = sizeBytes - serving.sizeBytes;
  const told =
    difference === 0 ? "as big as" : `${formatBytes(Math.abs(difference))} ${difference > 0 ? "more" : "less"} than`;
  return `${told} in release ${serving.release}, which serves`;
}
