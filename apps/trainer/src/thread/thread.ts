/**
 * The training thread: ONNX Runtime blocks the thread that runs it, so training lives here, while the main thread renews the
 * job's lock and answers health checks. One job at a time.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openArtifacts } from '@fedamole/artifacts';
import type { TrainingProgress } from '@fedamole/queues';
import { ModelCache } from '@fedamole/base-models';
import { ClientDataCache } from './client-data.js';
import { Ending } from './ending.js';
import { EngineCache } from './engine-cache.js';
import { failureKind } from './permanent-errors.js';
import type { Note } from './job-control.js';
import type { FromThread, ThreadSettings, ToThread } from './messages.js';
import { ModelPlaces } from './model-places.js';
import { runJob } from './run-job.js';
import { StepTimes } from './step-time.js';

if (parentPort === null) throw new Error('the training thread is started by the trainer');
const port = parentPort;
const settings = workerData as ThreadSettings;
const say = (message: FromThread): void => port.postMessage(message);
const artifacts = await openArtifacts(settings.artifacts, (direction, bytes, milliseconds) =>
  say({ type: 'transferred', direction, bytes, milliseconds }),
);
const workplace = {
  artifacts,
  models: new ModelPlaces(settings.modelsFolder, new ModelCache({ ...settings.modelsCache, artifacts })),
  data: new ClientDataCache(settings.clients),
  engines: new EngineCache(settings),
  stepTimes: new StepTimes(),
  checkpointSeconds: settings.checkpointSeconds,
};

let abort = new AbortController();
let ending = new Ending();

port.on('message', (message: ToThread) => {
  if (message.type === 'abort') {
    abort.abort(new Error('the job was taken away'));
    return;
  }
  if (message.type === 'end') {
    ending.tell(message.until);
    return;
  }
  abort = new AbortController();
  ending = new Ending();
  const control = {
    send: (progress: TrainingProgress) => say({ type: 'progress', progress }),
    signal: abort.signal,
    ending,
    checkpoint: message.checkpoint,
    onCheckpoint: (digest: string) => say({ type: 'checkpoint', digest }),
    onNote: (note: Note) => say({ type: 'note', note }),
  };
  runJob(message.job, workplace, control).then(
    (result) => say({ type: 'done', result }),
    (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      say({ type: 'failed', message: text, kind: failureKind(error) });
    },
  );
});
