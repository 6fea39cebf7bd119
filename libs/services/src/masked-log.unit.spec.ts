import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { maskSecrets } from './masked-log.js';

const key = `fedamole_o_ABCDEFGHIJKL${'x'.repeat(32)}`;

describe('a log', () => {
  it('holds no key and no password, wherever in a line they come', () => {
    const lines: string[] = [];
    const logger = pino({ hooks: { streamWrite: maskSecrets } }, { write: (line: string) => void lines.push(line) });
    logger.info({ headers: { authorization: `Bearer ${key}` }, nested: [{ deep: key }] }, `refused ${key}`);
    logger.error({ err: new Error(`connect postgres://fedamole:hunter2@localhost:5432/db with ${key}`) });
    const written = lines.join('');
    expect(written).not.toContain('x'.repeat(20));
    expect(written).not.toContain('hunter2');
    expect(written).toContain('postgres://fedamole:[masked]@localhost:5432/db');
    expect(written).toContain('fedamole_o_ABCDEFGHIJKL[masked]');
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('is as it was where there is no secret in it', () => {
    const line = '{"url":"http://127.0.0.1:3000","at":"12:30:01","mail":"a@b.example","msg":"fedamole_ops runs"}';
    expect(maskSecrets(line)).toBe(line);
  });
});
