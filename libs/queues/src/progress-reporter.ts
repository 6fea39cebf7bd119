/** Progress is only for people to watch: at most two reports a second reach the queue, and the newest one wins. */
const interval = 500;

export interface ProgressReporter {
  report(progress: object): void;
  /** Drops what was not sent yet and waits for what is under way, so that nothing arrives after the job has ended. */
  stop(): Promise<void>;
}

export function progressReporter(
  send: (progress: object) => Promise<void>,
  onError: (error: Error) => void,
): ProgressReporter {
  let latest: object | null = null;
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
      latest = progress;
      if (timer === null) sendLatest();
    },
    async stop() {
      latest = null;
      if (timer !== null) clearTimeout(timer);
      await sending;
    },
  };
}
