import { StreamableFile } from '@nestjs/common';

/** An answer that browsers and `curl -OJ` save under that name. */
export const safetensorsFile = (bytes: Uint8Array, name: string): StreamableFile =>
  new StreamableFile(bytes, {
    type: 'application/octet-stream',
    disposition: `attachment; filename="${name}"`,
    length: bytes.byteLength,
  });
