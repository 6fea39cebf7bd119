import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { settingsDocument } from './settings-document.js';

const checkedIn = new URL('../../../docs/settings.md', import.meta.url);

describe('the table of settings', () => {
  it('is what the definitions say: npm run openapi writes it', () => {
    expect(readFileSync(checkedIn, 'utf8')).toBe(settingsDocument());
  });

  it('says of each variable once whose it is', () => {
    const lines = settingsDocument().split('\n');
    const of = (name: string): string[] => lines.filter((line) => line.startsWith(`| \`${name}\` |`));
    expect(of('ARTIFACTS_FREE_MIB')).toEqual([expect.stringContaining('| trainer, aggregator | with less room')]);
    expect(of('LOG_LEVEL')).toEqual([expect.stringMatching(/\| all \| .* \| `info` \|$/)]);
    expect(of('DATABASE_URL')).toEqual([expect.stringContaining('| api | PostgreSQL of the event store')]);
  });
});
