/** A writer for the wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding), as far as ONNX needs it. */
const encoder = new TextEncoder();

export class ProtobufMessage {
  private buffer = new Uint8Array(64);
  private length = 0;

  /** A whole number; one below 0 is written in the two's complement of 64 bits. */
  integer(field: number, value: number): this {
    return this.varint(field << 3).varint(value);
  }

  float(field: number, value: number): this {
    return this.varint((field << 3) | 5).push(new Uint8Array(Float32Array.of(value).buffer));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.varint((field << 3) | 2)
      .varint(value.length)
      .push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: ProtobufMessage): this {
    return this.bytes(field, value.encode());
  }

  /** The message so far, which later additions may overwrite. */
  encode(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private varint(value: number): this {
    if (value < 0) return this.negativeVarint(value);
    this.reserve(10);
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.buffer[this.length++] = (rest % 128) | 128;
    this.buffer[this.length++] = rest;
    return this;
  }

  private negativeVarint(value: number): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    this.reserve(10);
    for (; rest > 127n; rest >>= 7n) this.buffer[this.length++] = Number(rest & 127n) | 128;
    this.buffer[this.length++] = Number(rest);
    return this;
  }

  private push(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
    larger.set(this.encode());
    this.buffer = larger;
  }
}
