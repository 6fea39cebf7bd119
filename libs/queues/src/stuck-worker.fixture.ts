/** A worker process that takes a job, says so, and never ends it: made to be killed. Settings come as an argument. */
import { z } from 'zod';
import { queueSettings } from './queue-settings.js';
import { startWorker } from './worker.js';

await startWorker({
  settings: queueSettings.parse(JSON.parse(process.argv[2] ?? '')),
  queueName: 'takeover',
  payload: z.unknown(),
  result: z.unknown(),
  lockDuration: 1000,
  stalledInterval: 500,
  handler: async (_payload, { jobId }) => {
    process.send?.({ took: jobId });
    await new Promise(() => setInterval(() => undefined, 1000));
  },
  onError: (error) => console.error(error),
});
