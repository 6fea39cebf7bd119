/** A client: someone whose data stay at a trainer. Only its name, and what people call it, are known here. */
import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';

export type ClientEvent = { type: 'ClientRegistered'; data: { name: string; description: string | null } };

export type ClientCommand = { type: 'RegisterClient'; data: { name: string; description: string | null } };

export type ClientState = { status: 'absent' } | { status: 'registered'; name: string; description: string | null };

export const initialClient: ClientState = { status: 'absent' };

/** Registering the same client again changes nothing. Throws CLIENT_CONFLICT where the description differs. */
export function decideClient(command: ClientCommand, state: ClientState): ClientEvent[] {
  const { name, description } = command.data;
  switch (state.status) {
    case 'absent':
      return [{ type: 'ClientRegistered', data: { name, description } }];
    case 'registered':
      if (state.description === description) return [];
      throw new DomainError('CLIENT_CONFLICT', `client "${name}" is already registered with another description`, {
        name,
        registered: state.description,
        given: description,
      });
    default:
      return assertNever(state);
  }
}

export function evolveClient(_state: ClientState, event: ClientEvent): ClientState {
  return { status: 'registered', ...event.data };
}
