import { describe, expect, it } from '@jest/globals';
import { isConnectionLoss } from './connection-loss.js';

const failure = (message: string, code?: string): Error => Object.assign(new Error(message), code ? { code } : {});

describe('the loss of a connection', () => {
  it('is what PostgreSQL, the system or the client say of a server that went away', () => {
    const losses = [
      failure('the database system is in recovery mode', '57P03'),
      failure('terminating connection because of crash of another server process', '57P02'),
      failure('terminating connection due to administrator command', '57P01'),
      failure('could not connect', '08006'),
      failure('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'),
      failure('read ECONNRESET', 'ECONNRESET'),
      failure('Connection terminated unexpectedly'),
      failure('Client has encountered a connection error and is not queryable'),
    ];
    expect(losses.filter((error) => !isConnectionLoss(error))).toEqual([]);
  });

  it('is not what a server says of a call that it refuses', () => {
    const refusals = [failure('Missing lock for job', 'BM001'), failure('duplicate key', '23505'), failure('no'), null];
    expect(refusals.filter(isConnectionLoss)).toEqual([]);
  });
});
