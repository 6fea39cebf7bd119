/** The containers of one project of docker-compose.yml, with "docker compose" where it is there, else docker-compose. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ComposeOptions {
  /** The repository's root. */
  readonly root: string;
  /** What tells its containers, networks and volumes from those of other projects. */
  readonly name: string;
  /** What docker-compose.yml is filled in with. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export class ComposeProject {
  private constructor(
    private readonly program: readonly [string, ...string[]],
    private readonly options: ComposeOptions,
  ) {}

  /** Throws where neither program is there. */
  static async of(options: ComposeOptions): Promise<ComposeProject> {
    const plugin = await run('docker', ['compose', 'version']).catch(() => null);
    return new ComposeProject(plugin === null ? ['docker-compose'] : ['docker', 'compose'], options);
  }

  /** Runs a command of compose with its output on this process's standard error. Throws where it fails. */
  async do(...args: readonly string[]): Promise<void> {
    const [program, ...first] = this.program;
    const { root, name, env } = this.options;
    const child = spawn(program, [...first, '-p', name, ...args], { cwd: root, env, stdio: ['ignore', 2, 2] });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (status !== 0) throw new Error(`${[...this.program, ...args].join(' ')} ended with status ${status}`);
  }

  /** What a command prints that is run in the one container of a service. */
  async execute(service: string, ...command: readonly string[]): Promise<string> {
    const [container] = await this.running(service);
    if (container === undefined) throw new Error(`no ${service} runs`);
    return (await run('docker', ['exec', container, ...command])).stdout.trim();
  }

  /** Identifiers of the containers of a service that run. */
  async running(service: string): Promise<string[]> {
    return this.list('container', 'ls', '--quiet', '--filter', `label=com.docker.compose.service=${service}`);
  }

  /** A field of what Docker knows of a container, by a template of `docker inspect`. */
  async inspect(container: string, template: string): Promise<string> {
    return (await run('docker', ['inspect', '--format', template, container])).stdout.trim();
  }

  /** Kills all processes of a container but its first, as a crash would: Docker starts it again, as its policy says. */
  async crash(container: string): Promise<void> {
    // the command may be ended with the container that it runs in
    await run('docker', ['exec', container, 'sh', '-c', 'kill -9 -1']).catch(() => undefined);
  }

  /** Containers, networks and volumes of the project, whatever their state. */
  async leftOver(): Promise<string[]> {
    const containers = await this.list('container', 'ls', '--all', '--format', 'container {{.Names}}');
    const networks = await this.list('network', 'ls', '--format', 'network {{.Name}}');
    const volumes = await this.list('volume', 'ls', '--format', 'volume {{.Name}}');
    return [...containers, ...networks, ...volumes];
  }

  private async list(kind: string, ...args: readonly string[]): Promise<string[]> {
    const filter = ['--filter', `label=com.docker.compose.project=${this.options.name}`];
    const { stdout } = await run('docker', [kind, ...args, ...filter]);
    return stdout.split('\n').filter((line) => line !== '');
  }
}
