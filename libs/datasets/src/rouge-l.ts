/**
 * ROUGE-L as the Python package `rouge` 1.0.1 defines it, against which the paper's numbers were measured. It is not the
 * ROUGE-L of Lin (2004): words count once however often they occur, and the union runs over all pairs of sentences.
 */

/** White space as Python's `str.split` has it; JavaScript's `\s` differs in a few characters. */
const whiteSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/**
 * F1 of the distinct words on the longest common subsequences of every pair of sentences, over the distinct words of
 * either text: 2PR / (P + R + 1e-8), from 0 to just below 1. 0 where a text is empty.
 */
export function rougeL(candidate: string, reference: string): number {
  const candidateSentences = sentences(candidate);
  const referenceSentences = sentences(reference);
  if (candidateSentences.length === 0 || referenceSentences.length === 0) return 0;
  const common = new Set<string>();
  for (const referenceWords of referenceSentences) {
    for (const candidateWords of candidateSentences) addCommonSubsequence(referenceWords, candidateWords, common);
  }
  const precision = common.size / new Set(candidateSentences.flat()).size;
  const recall = common.size / new Set(referenceSentences.flat()).size;
  return (2 * precision * recall) / (precision + recall + 1e-8);
}

/** Words of every piece between full stops; a piece of white space alone has one word, the empty one. */
function sentences(text: string): string[][] {
  return text
    .split('.')
    .filter((piece) => piece.length > 0)
    .map((piece) => {
      const words = piece.split(whiteSpace).filter((word) => word.length > 0);
      return words.length > 0 ? words : [''];
    });
}

/** Walks back from both ends: which of several longest subsequences is found decides which words count. */
function addCommonSubsequence(reference: readonly string[], candidate: readonly string[], words: Set<string>): void {
  const width = candidate.length + 1;
  const lengths = subsequenceLengths(reference, candidate);
  let [row, column] = [reference.length, candidate.length];
  while (row > 0 && column > 0) {
    const word = reference[row - 1]!;
    if (word === candidate[column - 1]) {
      words.add(word);
      row -= 1;
      column -= 1;
    } else if (lengths[(row - 1) * width + column]! > lengths[row * width + column - 1]!) {
      row -= 1;
    } else {
      column -= 1;
    }
  }
}

/** Longest common subsequence of the first i and the first j words, at [i * (candidate.length + 1) + j]. */
function subsequenceLengths(reference: readonly string[], candidate: readonly string[]): Uint32Array {
  const width = candidate.length + 1;
  const lengths = new Uint32Array((reference.length + 1) * width);
  for (let row = 1; row <= reference.length; row += 1) {
    for (let column = 1; column < width; column += 1) {
      const at = row * width + column;
      lengths[at] =
        reference[row - 1] === candidate[column - 1]
          ? lengths[at - width - 1]! + 1
          : Math.max(lengths[at - width]!, lengths[at - 1]!);
    }
  }
  return lengths;
}
