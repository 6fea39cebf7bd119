/** A server that speaks S3's protocol, in a process of its own, for tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Place } from './s3-place.js';

const program = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');

/** The one caller that the server knows. */
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

export class S3Server {
  private child: ChildProcess | null = null;
  private port = 0;
  /** Where its objects lie on the disk. */
  readonly folder = mkdtempSync(join(tmpdir(), 's3-'));

  /** Resolves when it answers. Once it was stopped it is started again at the same address, with what it held. */
  async start(): Promise<void> {
    // it makes the tokens of its long lists with a cipher that OpenSSL keeps among the old ones
    const args = ['--openssl-legacy-provider', program, '--address', '127.0.0.1', '--port', String(this.port)];
    const child = spawn(process.execPath, [...args, '--directory', this.folder, '--configure-bucket', 'artifacts'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (status) => reject(new Error(`the S3 server ended with status ${status}`)));
      child.stdout.on('data', (chunk: Buffer) => {
        const [, port] = /listening on \S+:(\d+)/.exec(chunk.toString()) ?? [];
        if (port === undefined) return;
        this.port = Number(port);
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  place(changes: Partial<S3Place> = {}): S3Place {
    const endpoint = `http://127.0.0.1:${this.port}`;
    return { kind: 's3', bucket: 'artifacts', prefix: 'here/', region: 'us-east-1', endpoint, credentials, ...changes };
  }
}
