/** A body of each kind, by the name of its schema. */
export const bodyExamples: Readonly<Record<string, unknown>> = {
  RegisterBaseModel: { name: 'model', digest: '6450258dfa001b836fb79d68c58cbcf38135ff77212a84e63e872680b55efd4d' },
  RegisterClient: { name: 'ward', description: 'cardiology, since 2024' },
  CreateFederation: {
    name: 'streets',
    baseModel: 'model',
    clients: ['bank', 'ward'],
    configuration: { rounds: 3, stepsPerRound: 20, batchSize: 4, learningRate: 0.005, maxNewTokens: 32 },
  },
  ForkFederation: { round: 2, name: 'cooler', configuration: { learningRate: 0.001 } },
  GiveReason: { reason: 'the hospital moves' },
  MakeKey: { scope: 'site', clients: ['ward'], description: 'hospital north', expiresAt: '2030-01-31T00:00:00Z' },
  CollectArtifacts: { dryRun: true, graceSeconds: 86400 },
};
