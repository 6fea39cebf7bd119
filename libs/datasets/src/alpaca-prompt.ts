import type { Example } from './example.js';

/** The Alpaca template, up to where the answer begins; its second form serves examples without an input. */
export function alpacaPrompt({ instruction, input }: Pick<Example, 'instruction' | 'input'>): string {
  if (input.trim() === '') {
    return (
      'Below is an instruction that describes a task. ' +
      'Write a response that appropriately completes the request.\n\n' +
      `### Instruction:\n${instruction}\n\n### Response:\n`
    );
  }
  return (
    'Below is an instruction that describes a task, paired with an input that provides further context. ' +
    'Write a response that appropriately completes the request.\n\n' +
    `### Instruction:\n${instruction}\n\n### Input:\n${input}\n\n### Response:\n`
  );
}
