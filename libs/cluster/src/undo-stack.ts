/** What has to be undone where a start fails half-way, and when what was started is stopped: last done, first undone. */
export class UndoStack {
  private steps: (() => Promise<void>)[] = [];

  add(step: () => Promise<void>): void {
    this.steps.push(step);
  }

  /** From now on nothing is undone. */
  forget(): void {
    this.steps = [];
  }

  /** Runs every step, also after one failed; throws what failed. A step that ran is not run again. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('\n'));
  }
}
