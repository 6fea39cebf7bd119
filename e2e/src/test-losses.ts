/** What every client's personalised model is worth on every client's data, measured outside of the platform's processes. */
import { decodeAdapter } from '@fedamole/adapters';
import { readBaseModel } from '@fedamole/base-models';
import { loadExamples, loadTokenizer, splitExamples, tokenizeExample } from '@fedamole/datasets';
import type { TokenizedExample, Tokenizer } from '@fedamole/datasets';
import type { FederationConfiguration } from '@fedamole/federation';
import { stackParameters } from '@fedamole/mole';
import { Engine, meanLoss } from '@fedamole/training';
import { dataOf, modelFolder } from './federation-run.js';
import type { FederationRun } from './federation-run.js';

/** Loss on the test split of the first client with the last round's adapter of the second, in nats per target token. */
export type TestLosses = (testedOn: string, adaptedTo: string) => number;

export async function measureTestLosses({ federation, assignments, adapters }: FederationRun): Promise<TestLosses> {
  const { configuration } = federation;
  const { rank, alpha, topK, balanceWeight, dropout, rounds } = configuration;
  const model = await readBaseModel(modelFolder);
  const tokenizer = await loadTokenizer(modelFolder);
  const held = assignments.at(-1)?.assignment ?? {};
  const engine = new Engine(model, {
    adapter: { kind: 'mole', rank, alpha, topK },
    balanceWeight,
    dropout,
    threads: 1,
  });
  const losses = new Map<string, number>();
  try {
    for (const { client: adaptedTo, file } of adapters.filter(({ round }) => round === rounds)) {
      const experts = decodeAdapter(file, model.modules, held[adaptedTo] ?? {}, rank);
      const parameters = stackParameters(model.modules, experts, rank);
      for (const { client: testedOn } of adapters.filter(({ round }) => round === rounds)) {
        const test = await testSplit(testedOn, tokenizer, configuration);
        losses.set(`${testedOn} ${adaptedTo}`, await meanLoss(engine, parameters, test, tokenizer.padTokenId));
      }
    }
  } finally {
    await engine.release();
  }
  return (testedOn, adaptedTo) => {
    const loss = losses.get(`${testedOn} ${adaptedTo}`);
    if (loss === undefined) throw new Error(`no loss of ${adaptedTo}'s adapter on ${testedOn} was measured`);
    return loss;
  };
}

async function testSplit(
  client: string,
  tokenizer: Tokenizer,
  { maxLength, seed }: FederationConfiguration,
): Promise<TokenizedExample[]> {
  const examples = (await loadExamples(dataOf(client))).flatMap((example) => {
    const tokenized = tokenizeExample(tokenizer, example, maxLength);
    return tokenized === null ? [] : [{ ...example, ...tokenized }];
  });
  return splitExamples(examples, `${seed}/${client}`).test;
}
