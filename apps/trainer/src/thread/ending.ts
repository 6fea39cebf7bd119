/** Whether the trainer was told to stop, and how long its job may go on since. */

/** Thrown where a job will not be done in time: another trainer goes on from its last checkpoint. */
export class HandedBackError extends Error {
  override readonly name = 'HandedBackError';

  constructor() {
    super('the trainer was told to stop');
  }
}

export class Ending {
  /** In milliseconds since 1970. */
  private until = Infinity;

  tell(until: number): void {
    this.until = until;
  }

  /** Throws where the time is over, or would be before so many more seconds of work are done. */
  require(seconds: number): void {
    if (Date.now() + seconds * 1000 > this.until) throw new HandedBackError();
  }
}
