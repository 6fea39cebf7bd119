/** Reads server-sent events (the WHATWG HTML standard's `text/event-stream`) from a response's body. */
export interface ServerSentEvent {
  /** Where to go on behind it: the `Last-Event-ID` of the next connection; null where none was sent yet. */
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** An event that is cut off by the end of the body is left out: it comes again behind the last whole one. */
export async function* readServerSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id: string | null = null;
  let type = 'message';
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, type, data: data.join('\n') };
      type = 'message';
      data = [];
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'id') id = value;
    if (field === 'event') type = value;
    if (field === 'data') data.push(value);
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    // a carriage return at the end may be half of a line's end
    const complete = rest.endsWith('\r') ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, complete).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + rest.slice(complete);
    yield* lines;
  }
}
