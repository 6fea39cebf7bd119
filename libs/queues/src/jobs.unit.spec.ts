import { describe, expect, it } from '@jest/globals';
import { federationConfiguration, resolveConfiguration } from '@fedamole/federation';
import { describeIssues } from './job-errors.js';
import { trainingJob } from './jobs.js';

const configuration = resolveConfiguration(federationConfiguration.parse({ weights: 'auto' }), 2);
const digest = 'a'.repeat(64);
const header = { federationId: 'one', attempt: 1, configuration, client: 'bank', baseModel: { name: 'tiny', digest } };

describe('a training job', () => {
  it('that measures the base model may leave the form of frozen weights open; one that trains may not', () => {
    expect(trainingJob.safeParse({ ...header, round: 0, kind: 'measure-baseline' }).success).toBe(true);
    const training = { ...header, round: 1, kind: 'train', pool: digest, held: {}, lastRound: false };
    const { error } = trainingJob.safeParse(training);
    expect(error && describeIssues(error)).toMatch(/^configuration\.weights: .*"float32"\|"bfloat16"\|"int8"\|"int4"/);
    expect(trainingJob.safeParse({ ...training, configuration: { ...configuration, weights: 'int8' } }).success).toBe(
      true,
    );
  });
});
