/** A line of a container's output, and how many bytes of the output it used up, its line break included. */
export interface Line {
  text: string;
  bytes: number;
}

/** What Docker's awslogs driver sends in one event: 256 KiB less the 26 bytes CloudWatch counts for each. */
export const maximumEventBytes = 262_144 - 26;

const newline = 0x0a;
const nothing = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into lines, wherever its chunks begin and end: also inside a character. A line longer than an event
 * may be is cut at a character's border. Empty lines have no text: CloudWatch takes no empty event.
 */
export class LineSplitter {
  private rest: Buffer = nothing;

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let pending = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    // What was left over holds no line break, so the search goes on behind it.
    for (let from = this.rest.length; ; from = 0) {
      const end = pending.indexOf(newline, from);
      if (end < 0) break;
      const { pieces, rest } = cutPieces(pending.subarray(0, end));
      lines.push(...pieces, { text: rest.toString("utf8"), bytes: rest.length + 1 });
      pending = pending.subarray(end + 1);
    }
    const { pieces, rest } = cutPieces(pending);
    this.rest = Buffer.from(rest);
    return [...lines, ...pieces];
  }

  /** The last line, when the stream ended without a line break. */
  end(): Line[] {
    const { rest } = this;
    this.rest = nothing;
    return rest.length > 0 ? [{ text: rest.toString("utf8"), bytes: rest.length }] : [];
  }
}

/** Pieces of the greatest length, and what is left of at most that. */
function cutPieces(line: Buffer): { pieces: Line[]; rest: Buffer } {
  const pieces: Line[] = [];
  let rest = line;
  while (rest.length > maximumEventBytes) {
    const length = characterBorder(rest, maximumEventBytes);
    pieces.push({ text: rest.toString("utf8", 0, length), bytes: length });
    rest = rest.subarray(length);
  }
  return { pieces, rest };
}

/** The last index not after `at` where a UTF-8 character begins. */
function characterBorder(bytes: Buffer, at: number): number {
  for (let border = at; border > at - 4; border--) {
    if (((bytes[border] ?? 0) & 0xc0) !== 0x80) return border;
  }
  return at;
}
