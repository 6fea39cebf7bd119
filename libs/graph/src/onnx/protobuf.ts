/** A writer for the wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding), as far as ONNX needs it. */
const encoder = new TextEncoder();

export class ProtobufMessage {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  integer(field: number, value: number | bigint): this {
    return this.varint(BigInt(field << 3)).varint(BigInt(value));
  }

  float(field: number, value: number): this {
    return this.varint(BigInt((field << 3) | 5)).push(new Uint8Array(Float32Array.of(value).buffer));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.varint(BigInt((field << 3) | 2))
      .varint(BigInt(value.length))
      .push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: ProtobufMessage): this {
    this.varint(BigInt((field << 3) | 2)).varint(BigInt(value.length));
    for (const part of value.parts) this.push(part);
    return this;
  }

  encode(): Uint8Array {
    const encoded = new Uint8Array(this.length);
    let offset = 0;
    for (const part of this.parts) {
      encoded.set(part, offset);
      offset += part.length;
    }
    return encoded;
  }

  private varint(value: bigint): this {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    return this.push(Uint8Array.from(bytes));
  }

  private push(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.length += bytes.length;
    return this;
  }
}
