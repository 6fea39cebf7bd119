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

/** The model's folder in the artifact store: the manifest that lists its files, and where each of them lies. */
export interface BaseModelPublication {
  readonly name: string;
  readonly manifest: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly artifact: string }[];
}

export type BaseModelEvent =
  { type: 'BaseModelRegistered'; data: BaseModel } | { type: 'BaseModelPublished'; data: BaseModelPublication };
/** With `publication` the model is published, too. */
export type BaseModelCommand = { type: 'RegisterBaseModel'; data: BaseModel; publication?: BaseModelPublication };
export type BaseModelState =
  | { status: 'absent' }
  /** `manifest` is null where the model is in no artifact store. */
  | { status: 'registered'; model: BaseModel; manifest: string | null };

export const initialBaseModel: BaseModelState = { status: 'absent' };

/**
 * Registering or publishing the same folder again changes nothing. Throws BASE_MODEL_CONFLICT where the digest differs:
 * federations refer to a model by name, so a name keeps its contents.
 */
export function decideBaseModel({ data, publication }: BaseModelCommand, state: BaseModelState): BaseModelEvent[] {
  const published = state.status === 'registered' && state.manifest === publication?.manifest;
  return [
    ...registered(data, state),
    ...(publication && !published ? [{ type: 'BaseModelPublished' as const, data: publication }] : []),
  ];
}

function registered(model: BaseModel, state: BaseModelState): BaseModelEvent[] {
  if (state.status === 'absent') return [{ type: 'BaseModelRegistered', data: model }];
  const { name, digest } = model;
  if (state.model.digest === digest) return [];
  throw new DomainError(
    'BASE_MODEL_CONFLICT',
    `base model "${name}" is already registered with digest ${state.model.digest}, not ${digest}`,
    { name, registered: state.model.digest, given: digest },
  );
}

export function evolveBaseModel(state: BaseModelState, event: BaseModelEvent): BaseModelState {
  switch (event.type) {
    case 'BaseModelRegistered':
      return { status: 'registered', model: event.data, manifest: null };
    case 'BaseModelPublished':
      return state.status === 'absent' ? state : { ...state, manifest: event.data.manifest };
    default:
      return assertNever(event);
  }
}
