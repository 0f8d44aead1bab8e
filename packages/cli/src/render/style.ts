import picocolors from "picocolors";

type Colors = ReturnType<typeof picocolors.createColors>;

/** How one stream can be written to. */
export interface Style {
  colors: Colors;
  symbols: typeof unicodeSymbols;
  /** Columns; lines are cut or wrapped to fit. */
  width: number;
}

const unicodeSymbols = {
  done: "✓",
  failed: "✗",
  fix: "→",
  dot: "·",
  ellipsis: "…",
  barStart: "▕",
  barFull: "█",
  barEmpty: " ",
  barEnd: "▏",
  sliver: "▏",
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
};

const asciiSymbols: typeof unicodeSymbols = {
  done: "+",
  failed: "x",
  fix: "->",
  dot: "-",
  ellipsis: "...",
  barStart: "[",
  barFull: "#",
  barEmpty: " ",
  barEnd: "]",
  sliver: "|",
  spinner: ["|", "/", "-", "\\"],
};

/** Beyond this, lines are tiring to read. */
const widest = 110;

type Terminal = Pick<NodeJS.WriteStream, "isTTY" | "columns">;

/** What a stream takes: colours unless NO_COLOR says otherwise (https://no-color.org), symbols where they can be drawn. */
export function styleOf(stream: Partial<Terminal>, variables: NodeJS.ProcessEnv): Style {
  const colored = variables.FORCE_COLOR !== undefined || (stream.isTTY === true && variables.TERM !== "dumb");
  return {
    colors: picocolors.createColors(colored && !variables.NO_COLOR),
    symbols: drawsUnicode(variables) ? unicodeSymbols : asciiSymbols,
    width: Math.min(stream.columns || 100, widest),
  };
}

/** True when what has been written can be written over. */
export function isLive(stream: Partial<Terminal>, variables: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && variables.TERM !== "dumb" && !variables.CI;
}

/** The console of Linux without a desktop has 256 glyphs; CI logs are read in anything. */
function drawsUnicode(variables: NodeJS.ProcessEnv): boolean {
  return variables.TERM !== "dumb" && variables.TERM !== "linux" && !variables.CI;
}
