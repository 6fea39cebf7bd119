/** A base model: a folder of weights that every trainer has under the same name, told apart by its digest. */
import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';
import type { AdaptedModule } from '../results.js';

export interface BaseModel {
  readonly name: string;
  readonly digest: string;
  /** The linear layers that FedAMoLE adapts, in the order of the model. */
  readonly modules: readonly AdaptedModule[];
  readonly parameterCount: number;
  /** Longest sequence in tokens that the model has positions for. */
  readonly maxPositions: number;
}

export type BaseModelEvent = { type: 'BaseModelRegistered'; data: BaseModel };
export type BaseModelCommand = { type: 'RegisterBaseModel'; data: BaseModel };
export type BaseModelState = { status: 'absent' } | { status: 'registered'; model: BaseModel };

export const initialBaseModel: BaseModelState = { status: 'absent' };

/**
 * Registering the same folder again changes nothing. Throws BASE_MODEL_CONFLICT where the digest differs: federations
 * refer to a model by name, so a name keeps its contents.
 */
export function decideBaseModel(command: BaseModelCommand, state: BaseModelState): BaseModelEvent[] {
  switch (state.status) {
    case 'absent':
      return [{ type: 'BaseModelRegistered', data: command.data }];
    case 'registered': {
      const { name, digest } = command.data;
      if (state.model.digest === digest) return [];
      throw new DomainError(
        'BASE_MODEL_CONFLICT',
        `base model "${name}" is already registered with digest ${state.model.digest}, not ${digest}`,
        { name, registered: state.model.digest, given: digest },
      );
    }
    default:
      return assertNever(state);
  }
}

export function evolveBaseModel(_state: BaseModelState, event: BaseModelEvent): BaseModelState {
  return { status: 'registered', model: event.data };
}
