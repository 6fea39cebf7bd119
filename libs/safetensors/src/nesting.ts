/**
 * Whether brackets open more than `limit` levels deep, in any text, valid JSON or not. Asked before the text is parsed:
 * parsing a list in a list in a list takes sixty bytes of memory for every one of the file.
 */
export function nestsDeeper(json: string, limit: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (inText) {
      if (character === '\\') at += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') {
      inText = true;
    } else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > limit) return true;
    } else if (character === '}' || character === ']') {
      depth -= 1;
    }
  }
  return false;
}
