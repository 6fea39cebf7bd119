/** Who asks: a key of the API, or whoever is on this machine where no keys are wanted. */
import type { EventMetadata } from '@fedamole/event-store';

export const scopes = ['operator', 'viewer', 'site'] as const;
/** Operators may do everything, viewers read everything, sites see and act for their own clients. */
export type Scope = (typeof scopes)[number];

export interface Caller {
  /** The key's identifier; null where the API asks for none. */
  readonly keyId: string | null;
  readonly description: string | null;
  readonly scope: Scope;
  /** The clients that a site stands for. */
  readonly clients: readonly string[];
}

/** Everybody, where the API asks for no keys. */
export const anybody: Caller = { keyId: null, description: null, scope: 'operator', clients: [] };

/** How events and the audit name who asked. */
export const actorOf = ({ keyId }: Caller): string => (keyId === null ? 'operator' : `key:${keyId}`);

export function actorMetadata(caller: Caller): EventMetadata {
  const { description } = caller;
  return { actor: actorOf(caller), ...(description === null ? {} : { actorDescription: description }) };
}

/** Whether it may know anything of a client. */
export const mayKnow = ({ scope, clients }: Caller, client: string): boolean =>
  scope !== 'site' || clients.includes(client);

/** A record by client, without those that the caller may not know of. */
export function knownTo<Value>(caller: Caller, byClient: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(byClient).filter(([client]) => mayKnow(caller, client)));
}
