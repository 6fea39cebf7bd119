/** TCP ports of the loopback interface. */
import { createServer } from 'node:net';

/** A port that nothing listens on at the moment, chosen by the operating system. */
export async function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Throws where something listens on the port already, or this user may not listen on it. */
export async function requireFreePort(port: number, purpose: string): Promise<void> {
  try {
    await listenOnce(port);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${code ?? String(error)})`;
    throw new Error(`Port ${port} for ${purpose} ${reason} on 127.0.0.1: choose another one.`, { cause: error });
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('the operating system gave no port'));
      });
    });
  });
}
