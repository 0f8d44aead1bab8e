/**
 * Compiles a value of a rule condition: `*` stands for any number of characters, `?` for exactly one, `\*` and `\?` for
 * themselves. The whole string has to match.
 */
export function wildcardPattern(pattern: string, options: { ignoreCase: boolean }): RegExp {
  const source = pattern.replace(/\\([*?\\])|([*?])|[.+^${}()|[\]\\/]/g, (match, escaped, wildcard) => {
    if (escaped) return `\\${escaped}`;
    if (wildcard) return wildcard === "*" ? ".*" : ".";
    return `\\${match}`;
  });
  return new RegExp(`^${source}$`, options.ignoreCase ? "is" : "s");
}
