import { describe, expect, it } from '@jest/globals';
import { decideBaseModel, evolveBaseModel, initialBaseModel } from './base-model/base-model.js';
import { decideClient, evolveClient, initialClient } from './client/client.js';
import { federationIdOf, federationStream, clientStream } from './streams.js';

const model = { name: 'tiny', digest: 'a'.repeat(64), modules: [], parameterCount: 5, maxPositions: 64 };
const registered = evolveBaseModel(initialBaseModel, { type: 'BaseModelRegistered', data: model });

describe('a base model', () => {
  it('registered again with the same digest changes nothing', () => {
    expect(decideBaseModel({ type: 'RegisterBaseModel', data: model }, registered)).toEqual([]);
  });

  it('keeps its contents: another digest under its name is refused, and both are named', () => {
    const other = { ...model, digest: 'b'.repeat(64) };
    expect(() => decideBaseModel({ type: 'RegisterBaseModel', data: other }, registered)).toThrow(
      `"tiny" is already registered with digest ${model.digest}, not ${other.digest}`,
    );
  });
});

describe('a base model in the artifact store', () => {
  const publication = {
    name: 'tiny',
    manifest: 'c'.repeat(64),
    files: [{ name: 'config.json', bytes: 7, artifact: 'd'.repeat(64) }],
  };
  const publish = { type: 'RegisterBaseModel', data: model, publication } as const;
  const event = { type: 'BaseModelPublished', data: publication } as const;

  it('is registered and published at once, or published later, and then known by its manifest', () => {
    const both = decideBaseModel(publish, initialBaseModel);
    expect(both).toEqual([{ type: 'BaseModelRegistered', data: model }, event]);
    expect(decideBaseModel(publish, registered)).toEqual([event]);
    const published = both.reduce(evolveBaseModel, initialBaseModel);
    expect(published).toEqual({ status: 'registered', model, manifest: publication.manifest });
    expect(evolveBaseModel(registered, event)).toEqual(published);
    expect(decideBaseModel(publish, published)).toEqual([]);
    expect(decideBaseModel({ type: 'RegisterBaseModel', data: model }, published)).toEqual([]);
  });

  it('is not published where another one has its name', () => {
    const other = { ...publish, data: { ...model, digest: 'b'.repeat(64) } };
    expect(() => decideBaseModel(other, registered)).toThrow('is already registered with digest');
  });
});

describe('a client', () => {
  const ward = { name: 'ward', description: null };

  it('registered again changes nothing', () => {
    const state = evolveClient(initialClient, { type: 'ClientRegistered', data: ward });
    expect(decideClient({ type: 'RegisterClient', data: ward }, state)).toEqual([]);
  });

  it('keeps its description', () => {
    const state = evolveClient(initialClient, { type: 'ClientRegistered', data: ward });
    const other = { ...ward, description: 'another ward' };
    expect(() => decideClient({ type: 'RegisterClient', data: other }, state)).toThrow('another description');
  });
});

describe('streams', () => {
  it('tell federations from what else there is', () => {
    expect(federationIdOf(federationStream('a-b'))).toBe('a-b');
    expect(federationIdOf(clientStream('federation-a'))).toBeNull();
  });
});
