import { AwsError } from "../../errors.ts";

export interface Cidr {
  /** The block's first address as a number. */
  base: number;
  bits: number;
  size: number;
}

/** Reads an IPv4 block. Throws InvalidParameterValue, in EC2's words, when it is none. */
export function parseCidr(text: string): Cidr {
  const [, ...parts] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text) ?? [];
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = parts.map(Number);
  if (Math.max(a, b, c, d) > 255 || bits > 32) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  const size = 2 ** (32 - bits);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  return { base: address - (address % size), bits, size };
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + b.size && b.base < a.base + a.size;
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size;
}

/** The block's text with its host bits cleared: EC2 turns 10.0.0.5/24 into 10.0.0.0/24. */
export function formatCidr({ base, bits }: Cidr): string {
  return `${formatAddress(base)}/${bits}`;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
