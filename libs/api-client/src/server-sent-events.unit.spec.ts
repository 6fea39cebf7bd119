import { describe, expect, it } from '@jest/globals';
import type { ServerSentEvent } from './server-sent-events.js';
import { readServerSentEvents } from './server-sent-events.js';

async function read(text: string, size: number): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(chunks())) events.push(event);
  return events;
}

describe('server-sent events', () => {
  const text = ': a comment\n\nid: 7\nevent: RoundStarted\ndata: {"name":\ndata: "Ö"}\n\ndata:bare\r\n\r\ndata: cut';

  it.each([1, 2, 3, 1000])('are read whole whatever the pieces, here of %i bytes', async (size) => {
    expect(await read(text, size)).toEqual([
      { id: '7', type: 'RoundStarted', data: '{"name":\n"Ö"}' },
      { id: '7', type: 'message', data: 'bare' },
    ]);
  });
});
