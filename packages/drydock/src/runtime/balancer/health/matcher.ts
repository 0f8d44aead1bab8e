/** Reads a target group's success codes: `200`, `200,301`, `200-299,301`. Undefined when it isn't one. */
export function codeMatcher(codes: string): ((status: number) => boolean) | undefined {
  const ranges: [number, number][] = [];
  for (const part of codes.split(",")) {
    const match = /^(\d{3})(?:-(\d{3}))?$/.exec(part.trim());
    if (!match) return undefined;
    ranges.push([Number(match[1]), Number(match[2] ?? match[1])]);
  }
  return (status) => ranges.some(([from, to]) => status >= from && status <= to);
}
