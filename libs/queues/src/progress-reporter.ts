/** Progress is only for people to watch: at most two reports a second reach the queue, and the newest one wins. */
const interval = 500;

export interface ProgressReporter {
  report(progress: object): void;
  /** Sends the newest report, a second time where it was sent, and resolves once it has arrived; rejects where it has not. */
  sendNow(): Promise<void>;
  /** Drops what was not sent yet and waits for what is under way, so that nothing arrives after the job has ended. */
  stop(): Promise<void>;
}

export function progressReporter(
  send: (progress: object) => Promise<void>,
  onError: (error: Error) => void,
): ProgressReporter {
  let latest: object | null = null;
  let last: object = {};
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<void> = Promise.resolve();

  const sendLatest = (): void => {
    timer = null;
    if (latest === null) return;
    const progress = latest;
    latest = null;
    timer = setTimeout(sendLatest, interval);
    sending = sending.then(() => send(progress)).catch(onError);
  };

  return {
    report(progress) {
      latest = last = progress;
      if (timer === null) sendLatest();
    },
    sendNow() {
      const sent = sending.then(() => send(last));
      sending = sent.catch(() => undefined);
      return sent;
    },
    async stop() {
      latest = null;
      if (timer !== null) clearTimeout(timer);
      await sending;
    },
  };
}
