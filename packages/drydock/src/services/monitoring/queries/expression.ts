import { AwsError } from "../../../errors.ts";

export type Expression =
  | { kind: "number"; value: number }
  | { kind: "text"; value: string }
  | { kind: "name"; name: string }
  | { kind: "list"; items: Expression[] }
  | { kind: "call"; name: string; arguments: Expression[] }
  | { kind: "negation"; operand: Expression }
  | { kind: "operation"; operator: string; left: Expression; right: Expression };

const token =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|("[^"]*"|'[^']*')|(==|!=|<=|>=|&&|\|\||[-+*/^<>(),[\]]))/y;

/** From the loosest binding to the tightest. */
const precedence = [["||", "OR"], ["&&", "AND"], ["==", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*", "/"], ["^"]];

/**
 * Reads a metric math expression. Throws ValidationError where it is none.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function parseExpression(text: string): Expression {
  const parser = new Parser(text);
  const expression = parser.binary(0);
  parser.expectEnd();
  return expression;
}

class Parser {
  private readonly text: string;
  private readonly tokens: string[];
  private position = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokensOf(text);
  }

  binary(level: number): Expression {
    const operators = precedence[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    while (operators.includes(this.peek())) {
      const operator = this.next();
      left = { kind: "operation", operator, left, right: this.binary(level + 1) };
    }
    return left;
  }

  expectEnd(): void {
    if (this.position < this.tokens.length) throw this.unexpected(this.peek());
  }

  private unary(): Expression {
    if (this.peek() !== "-") return this.primary();
    this.next();
    return { kind: "negation", operand: this.unary() };
  }

  private primary(): Expression {
    this.depth++;
    if (this.depth > 500) throw malformed(this.text, "it nests too deep");
    const found = this.next();
    if (found === "(") {
      const inner = this.binary(0);
      this.expect(")");
      return inner;
    }
    if (found === "[") return { kind: "list", items: this.upTo("]") };
    if (/^\d/.test(found)) return { kind: "number", value: Number(found) };
    if (/^["']/.test(found)) return { kind: "text", value: found.slice(1, -1) };
    if (!/^[A-Za-z_]/.test(found)) throw this.unexpected(found);
    if (this.peek() !== "(") return { kind: "name", name: found };
    this.next();
    return { kind: "call", name: found, arguments: this.upTo(")") };
  }

  private upTo(end: string): Expression[] {
    const items: Expression[] = [];
    while (this.peek() !== end) {
      items.push(this.binary(0));
      if (this.peek() !== ",") break;
      this.next();
    }
    this.expect(end);
    return items;
  }

  private peek(): string {
    return this.tokens[this.position] ?? "";
  }

  private next(): string {
    return this.tokens[this.position++] ?? "";
  }

  private expect(wanted: string): void {
    const found = this.next();
    if (found !== wanted) throw this.unexpected(found);
  }

  private unexpected(found: string): AwsError {
    return malformed(this.text, found === "" ? "it ends too soon" : `'${found}' isn't expected there`);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const start = token.lastIndex;
    const found = token.exec(text)?.[0];
    if (found === undefined)
      throw malformed(text, `'${text.slice(start, start + 10).trim()}' is nothing drydock knows`);
    tokens.push(found.trim());
  }
  return tokens;
}

function malformed(text: string, why: string): AwsError {
  return new AwsError("ValidationError", `Error in expression '${text.slice(0, 200)}': ${why}.`);
}
