/** A step that is repeated until it is told to stop: at once while there is more to do, else after a rest or a wake-up. */
export interface BackgroundLoop {
  /** Ends the current rest. */
  wake(): void;
  /** Waits for the current step. */
  close(): Promise<void>;
}

/**
 * `step` says after how many milliseconds it wants to be called again; 0 for at once. Where it throws, `onError` is told
 * and it is called again after a second.
 */
export function startLoop(
  step: (signal: AbortSignal) => Promise<number>,
  onError: (error: unknown) => void,
): BackgroundLoop {
  const stop = new AbortController();
  let woken = false;
  let endRest = (): void => undefined;

  const rest = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      woken = false;
      let pause = 1000;
      try {
        pause = await step(stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) onError(error);
      }
      if (pause > 0 && !woken && !stop.signal.aborted) await rest(pause);
    }
  };

  const running = run();
  return {
    wake() {
      woken = true;
      endRest();
    },
    async close() {
      stop.abort();
      endRest();
      await running;
    },
  };
}
