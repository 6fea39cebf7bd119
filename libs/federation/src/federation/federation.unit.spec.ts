import { describe, expect, it } from '@jest/globals';
import { abandonedJobs } from './abandoned-jobs.js';
import type { FederationCommand } from './commands.js';
import {
  aggregated,
  aggregationOf,
  assignment,
  baseline,
  baselineOf,
  configuration,
  create,
  digestOf,
  eventsOf,
  given,
  jobsAfter,
  metrics,
  refusal,
  roundOne,
  roundTwo,
  roundZero,
  start,
  trainingOf,
  typesAfter,
} from './federation.fixture.js';
import { requiredJobs } from './required-jobs.js';

describe('creating a federation', () => {
  it('orders the clients by name', () => {
    expect(given(create)).toMatchObject({ status: 'created', clients: ['bank', 'ward'] });
  });

  it('names every inequality that fails, and by how much', () => {
    const tooMany = { ...create, configuration: { ...configuration, expertChoices: 3, topK: 3 } };
    const error = refusal(tooMany);
    expect(error.code).toBe('FEDERATION_INFEASIBLE');
    expect(error.message).toContain('k <= C');
    expect(error.message).toContain('E k <= C');
    expect(error.message).toContain('t <= b_min');
    expect(error.message).toContain('off by 1');
  });

  it('refuses answers that leave no room for a prompt', () => {
    const crowded = { ...create, configuration: { ...configuration, maxLength: 128, maxNewTokens: 128 } };
    expect(refusal(crowded)).toMatchObject({
      code: 'NO_ROOM_FOR_PROMPTS',
      details: { maxLength: 128, maxNewTokens: 128 },
    });
  });

  it('refuses more steps of warm-up, or from evaluation to evaluation, than a round has', () => {
    const settings = { ...configuration, stepsPerRound: 50 };
    const conflict = (changes: object): object => refusal({ ...create, configuration: { ...settings, ...changes } });
    expect(conflict({ warmupSteps: 51 })).toMatchObject({
      code: 'CONFIGURATION_CONFLICT',
      message: 'warmupSteps is 51: at most stepsPerRound, which is 50',
      details: { field: 'warmupSteps', value: 51, limit: 50 },
    });
    expect(conflict({ earlyStopping: { evaluateEvery: 60, patience: 1 } })).toMatchObject({
      code: 'CONFIGURATION_CONFLICT',
      details: { field: 'earlyStopping.evaluateEvery', value: 60, limit: 50 },
    });
    const most = { warmupSteps: 50, earlyStopping: { evaluateEvery: 50, patience: 1 } };
    expect(typesAfter({ ...create, configuration: { ...settings, ...most } })).toEqual(['FederationCreated']);
  });

  it('refuses a client that is named twice', () => {
    expect(refusal({ ...create, clients: ['bank', 'ward', 'bank'] })).toMatchObject({
      code: 'CLIENTS_NOT_DISTINCT',
      details: { repeated: ['bank'] },
    });
  });

  it('requires no jobs before the start', () => {
    expect(jobsAfter(create)).toEqual([]);
  });
});

describe('round 0', () => {
  it('measures every baseline, and draws the first pool once they are known, whatever their order', () => {
    expect(jobsAfter(create, start)).toEqual(['one.0.bank.1', 'one.0.ward.1']);
    expect(jobsAfter(create, start, baselineOf('bank'))).toEqual(['one.0.ward.1']);
    expect(typesAfter(baselineOf('bank'), create, start, baselineOf('ward'))).toEqual([
      'BaselineMeasured',
      'RoundClosed',
    ]);
    expect(jobsAfter(create, start, baselineOf('ward'), baselineOf('bank'))).toEqual(['one.0.aggregation.1']);
  });

  it('leads to round 1 once the pool is drawn', () => {
    expect(typesAfter(aggregationOf(0), ...roundZero.slice(0, -1))).toEqual([
      'RoundAggregated',
      'ExpertsAssigned',
      'RoundStarted',
    ]);
  });

  it('refuses an assignment that breaks the limits', () => {
    const broken = { bank: assignment.bank ?? {}, ward: { 'layers.0.q_proj': [1, 3] } };
    const result = { ...aggregated('b'), next: { assignment: broken, scores: digestOf('f') } };
    const error = refusal({ type: 'RecordAggregation', round: 0, attempt: 1, result }, ...roundZero.slice(0, -1));
    expect(error.code).toBe('RESULT_REFUSED');
    expect(error.message).toContain('gives expert 1 of "layers.0.q_proj" to 2 clients instead of 1');
  });
});

describe('the form of frozen weights that "auto" comes to', () => {
  const auto = { ...create, configuration: { ...configuration, weights: 'auto' as const } };
  const measuring = (client: string, secondsPerStep: number, rougeL = 0.5): FederationCommand => ({
    type: 'RecordBaseline',
    client,
    attempt: 1,
    result: {
      ...baseline,
      weightForms: [
        { form: 'float32', secondsPerStep: 1, metrics },
        { form: 'int8', secondsPerStep, metrics: { ...metrics, rougeL } },
      ],
    },
  });
  const beforeLast = [auto, start, measuring('ward', 0.25)];

  it('is chosen once, when round 0 closes', () => {
    expect(typesAfter(measuring('ward', 0.5), auto, start)).toEqual(['BaselineMeasured']);
    const chosen = ['BaselineMeasured', 'RoundClosed', 'WeightFormChosen'];
    expect(typesAfter(measuring('bank', 0.5), ...beforeLast)).toEqual(chosen);
    expect(typesAfter(measuring('bank', 0.1), ...beforeLast, measuring('bank', 0.5))).toEqual([]);
  });

  it('is held by all training jobs, with what it was chosen by', () => {
    const faster = given(...beforeLast, measuring('bank', 0.5), aggregationOf(0));
    expect(faster).toMatchObject({
      chosenWeightForm: {
        form: 'int8',
        compared: [
          { form: 'float32', secondsPerStep: 2 },
          { form: 'int8', secondsPerStep: 0.75, lossDifference: 0, scoreDifference: 0 },
        ],
      },
    });
    expect(requiredJobs(faster).map(({ payload }) => payload.configuration.weights)).toEqual(['int8', 'int8']);
    const worse = given(...beforeLast, measuring('bank', 0.5, 0.4), aggregationOf(0));
    expect(requiredJobs(worse).map(({ payload }) => payload.configuration.weights)).toEqual(['float32', 'float32']);
    expect(worse).toMatchObject({ configuration: { weights: 'auto' } });
  });

  it('is not chosen where a form was configured: that one is held', () => {
    const int4 = { ...create, configuration: { ...configuration, weights: 'int4' as const } };
    const [, ...others] = roundZero;
    const federation = given(int4, ...others);
    expect(federation).toMatchObject({ round: 1, chosenWeightForm: null });
    expect(requiredJobs(federation).map(({ payload }) => payload.configuration.weights)).toEqual(['int4', 'int4']);
  });

  it('needs what float32 measured: a baseline without it is refused', () => {
    expect(refusal(baselineOf('ward'), auto, start)).toMatchObject({
      code: 'RESULT_REFUSED',
      details: { client: 'ward' },
    });
  });
});

describe('a training round', () => {
  it('gives every client the experts that were assigned to it', () => {
    const jobs = requiredJobs(given(...roundZero));
    expect(jobs.map((job) => job.id)).toEqual(['one.1.bank.1', 'one.1.ward.1']);
    expect(jobs[0]).toMatchObject({
      queue: 'training',
      payload: { kind: 'train', round: 1, pool: digestOf('b'), held: assignment.bank, lastRound: false },
    });
  });

  it('aggregates when the last client has trained, in the order of their names', () => {
    const jobs = requiredJobs(given(...roundZero, trainingOf('ward', 1, 'd'), trainingOf('bank', 1, 'e')));
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({
      queue: 'aggregation',
      id: 'one.1.aggregation.1',
      payload: {
        kind: 'aggregate',
        assignment,
        pool: digestOf('b'),
        results: [
          { client: 'bank', adapter: digestOf('e'), trainExamples: 10 },
          { client: 'ward', adapter: digestOf('d'), trainExamples: 10 },
        ],
      },
    });
  });

  it('is followed by the next one', () => {
    expect(given(...roundOne)).toMatchObject({ status: 'running', round: 2 });
    expect(jobsAfter(...roundOne)).toEqual(['one.2.bank.1', 'one.2.ward.1']);
  });

  it('completes the federation when it was the last one, and assigns nothing any more', () => {
    expect(
      eventsOf(...roundTwo)
        .slice(-2)
        .map((event) => event.type),
    ).toEqual(['RoundAggregated', 'FederationCompleted']);
    expect(given(...roundTwo)).toMatchObject({ status: 'completed' });
    expect(jobsAfter(...roundTwo)).toEqual([]);
    expect(refusal(aggregationOf(2), ...roundTwo.slice(0, -1)).code).toBe('RESULT_REFUSED');
  });
});

describe('outcomes that come twice or too late', () => {
  it.each([
    ['a baseline', baselineOf('bank')],
    ['a training', trainingOf('bank', 1)],
    ['an aggregation', aggregationOf(1)],
    [
      'a failure of a client that has trained',
      { type: 'RecordClientFailure', round: 1, client: 'bank', attempt: 1, reason: 'x' },
    ],
    ['a failed aggregation that was done', { type: 'RecordAggregationFailure', round: 1, attempt: 1, reason: 'x' }],
  ] as [string, FederationCommand][])('change nothing: %s', (_name, command) => {
    expect(typesAfter(command, ...roundOne)).toEqual([]);
  });

  it('change nothing within the same round', () => {
    expect(typesAfter(baselineOf('bank'), create, start, baselineOf('bank'))).toEqual([]);
    expect(typesAfter(aggregationOf(0), create, start)).toEqual([]);
  });

  it('are kept after a cancellation, once, and change nothing else', () => {
    const cancel: FederationCommand = { type: 'CancelFederation', reason: 'enough' };
    expect(typesAfter(trainingOf('bank', 1), ...roundZero, cancel)).toEqual(['LateResultRecorded']);
    expect(typesAfter(trainingOf('bank', 1), ...roundZero, cancel, trainingOf('bank', 1))).toEqual([]);
    expect(jobsAfter(...roundZero, cancel)).toEqual([]);
    expect(given(...roundZero, cancel)).toMatchObject({ status: 'cancelled', reason: 'enough' });
  });

  it('abandon the jobs that were still open', () => {
    const cancel: FederationCommand = { type: 'CancelFederation', reason: null };
    const open = abandonedJobs(given(...roundZero, trainingOf('bank', 1), cancel));
    expect(open.map((job) => job.id)).toEqual(['one.1.ward.1']);
    expect(abandonedJobs(given(create, cancel))).toEqual([]);
    expect(abandonedJobs(given(...roundTwo))).toEqual([]);
  });
});

describe('failures', () => {
  it('of the aggregator fail the federation and say which round', () => {
    const failure: FederationCommand = { type: 'RecordAggregationFailure', round: 0, attempt: 1, reason: 'disk full' };
    const failed = given(...roundZero.slice(0, -1), failure);
    expect(failed).toMatchObject({ status: 'failed', reason: 'aggregation of round 0: disk full' });
  });
});

describe('commands out of place', () => {
  it('are refused with a code', () => {
    expect(refusal(start).code).toBe('FEDERATION_NOT_FOUND');
    expect(refusal(create, create).code).toBe('FEDERATION_ALREADY_EXISTS');
    expect(refusal(start, ...roundTwo).code).toBe('FEDERATION_ALREADY_FINISHED');
    expect(refusal(trainingOf('constructor', 1), ...roundZero).code).toBe('CLIENT_NOT_IN_FEDERATION');
    expect(refusal(trainingOf('bank', 2), ...roundZero).code).toBe('ROUND_NOT_STARTED');
  });

  it('change nothing when repeated', () => {
    expect(typesAfter(start, create, start)).toEqual([]);
    const cancel: FederationCommand = { type: 'CancelFederation', reason: null };
    expect(typesAfter(cancel, create, cancel)).toEqual([]);
  });
});
