/**
 * The training thread: ONNX Runtime blocks the thread that runs it, so training lives here, while the main thread renews the
 * job's lock and answers health checks. One job at a time.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openArtifacts } from '@fedamole/artifacts';
import { ClientDataCache } from './client-data.js';
import { EngineCache } from './engine-cache.js';
import { failureKind } from './permanent-errors.js';
import type { FromThread, ThreadSettings, ToThread } from './messages.js';
import { runJob } from './run-job.js';
import { StepTimes } from './step-time.js';

if (parentPort === null) throw new Error('the training thread is started by the trainer');
const port = parentPort;
const settings = workerData as ThreadSettings;
const say = (message: FromThread): void => port.postMessage(message);
const workplace = {
  artifacts: await openArtifacts(settings.artifacts, (direction, bytes, milliseconds) =>
    say({ type: 'transferred', direction, bytes, milliseconds }),
  ),
  data: new ClientDataCache(settings.clients),
  engines: new EngineCache(settings),
  stepTimes: new StepTimes(),
};

let abort = new AbortController();

port.on('message', (message: ToThread) => {
  if (message.type === 'abort') {
    abort.abort(new Error('the job was taken away'));
    return;
  }
  abort = new AbortController();
  runJob(message.job, workplace, (progress) => say({ type: 'progress', progress }), abort.signal).then(
    (result) => say({ type: 'done', result }),
    (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      say({ type: 'failed', message: text, kind: failureKind(error) });
    },
  );
});
