import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds after which a silent dependency counts as unreachable. */
const patience = 3000;

/** Rejects where nothing has come within three seconds; what comes later is dropped. */
export async function withinPatience<Value>(answer: Promise<Value>): Promise<Value> {
  const timer = new AbortController();
  const tooLong = sleep(patience, null, { signal: timer.signal }).then(
    () => Promise.reject(new Error(`no answer within ${patience} ms`)),
    // the answer came first
    () => answer,
  );
  try {
    return await Promise.race([answer, tooLong]);
  } finally {
    timer.abort();
  }
}
