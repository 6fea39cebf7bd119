/** Stops training where the validation loss does not fall any more, and goes back to the parameters that had the least. */
import type { Parameters } from '@fedamole/mole';
import { DivergedError } from './diverged-error.js';

export interface EarlyStoppingSettings {
  /** Optimiser steps from one evaluation to the next; the last step is evaluated too. */
  readonly evaluateEvery: number;
  /** Evaluations in a row without a new least loss after which training stops. */
  readonly patience: number;
  /** The validation loss of the parameters as they are. */
  readonly validationLoss: () => Promise<number>;
}

export interface BestEvaluation {
  readonly step: number;
  readonly loss: number;
}

/** What the evaluations so far came to. */
export interface EarlyStoppingState {
  /** With the parameters that it was of, by name; null before the first evaluation. */
  readonly best: (BestEvaluation & { readonly values: ReadonlyMap<string, Float32Array> }) | null;
  readonly withoutImprovement: number;
}

export class EarlyStopping {
  private best: EarlyStoppingState['best'];
  private withoutImprovement: number;

  constructor(
    private readonly settings: EarlyStoppingSettings,
    private readonly parameters: Parameters,
    private readonly steps: number,
    from: EarlyStoppingState = { best: null, withoutImprovement: 0 },
  ) {
    this.best = from.best;
    this.withoutImprovement = from.withoutImprovement;
  }

  get state(): EarlyStoppingState {
    return { best: this.best, withoutImprovement: this.withoutImprovement };
  }

  /** Evaluates where that is due after this step, counted from 1; true where training should stop. Throws where it diverged. */
  async after(step: number): Promise<boolean> {
    const { evaluateEvery, patience, validationLoss } = this.settings;
    if (step % evaluateEvery !== 0 && step !== this.steps) return false;
    const loss = await validationLoss();
    if (!Number.isFinite(loss)) {
      const symptom = `the validation loss is ${loss}`;
      throw new DivergedError({ step, steps: this.steps, symptom, examples: [], origin: null });
    }
    if (this.best === null || loss < this.best.loss) {
      const values = new Map([...this.parameters].map(([name, parameter]) => [name, parameter.values.slice()]));
      this.best = { step, loss, values };
      this.withoutImprovement = 0;
    } else {
      this.withoutImprovement += 1;
    }
    return this.withoutImprovement >= patience;
  }

  /** Puts the best parameters back. */
  restore(): BestEvaluation {
    if (this.best === null) throw new Error('no step was evaluated');
    const { step, loss, values } = this.best;
    for (const [name, parameter] of this.parameters) parameter.values.set(values.get(name) as Float32Array);
    return { step, loss };
  }
}
