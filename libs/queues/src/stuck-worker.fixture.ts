/**
 * A worker process that takes a job, says so, and never ends it: made to be killed or stopped. It says where the job is
 * taken from it. Settings, the queue's name and the digest of a checkpoint to record, if any, come as arguments.
 */
import { once } from 'node:events';
import { z } from 'zod';
import { queueSettings } from './queue-settings.js';
import { startWorker } from './worker.js';

await startWorker({
  settings: queueSettings.parse(JSON.parse(process.argv[2] ?? '')),
  queueName: process.argv[3] ?? '',
  payload: z.unknown(),
  result: z.unknown(),
  lockDuration: 1000,
  stalledInterval: 500,
  handler: async (_payload, { jobId, signal, recordCheckpoint }) => {
    if (process.argv[4] !== undefined) await recordCheckpoint(process.argv[4]);
    process.send?.({ took: jobId });
    await once(signal, 'abort');
    process.send?.({ lost: jobId });
    throw new Error('stopped');
  },
  onError: (error) => console.error(error),
});
