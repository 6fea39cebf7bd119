import type {
  BaseModelCommand,
  BaseModelEvent,
  BaseModelState,
  ClientCommand,
  ClientEvent,
  ClientState,
  FederationCommand,
  FederationEvent,
  FederationState,
} from '@fedamole/federation';
import {
  decideBaseModel,
  decideClient,
  decideFederation,
  evolveBaseModel,
  evolveClient,
  evolveFederation,
  initialBaseModel,
  initialClient,
  initialFederation,
} from '@fedamole/federation';
import type { Decider } from './command-handler.js';

export const federationDecider: Decider<FederationState, FederationCommand, FederationEvent> = {
  initial: initialFederation,
  decide: decideFederation,
  evolve: evolveFederation,
};

export const clientDecider: Decider<ClientState, ClientCommand, ClientEvent> = {
  initial: initialClient,
  decide: decideClient,
  evolve: evolveClient,
};

export const baseModelDecider: Decider<BaseModelState, BaseModelCommand, BaseModelEvent> = {
  initial: initialBaseModel,
  decide: decideBaseModel,
  evolve: evolveBaseModel,
};
