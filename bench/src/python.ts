/** The Python that runs the rivals: the one that PYTHON names, else a virtual environment that is made when first needed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchmarkError } from './benchmark-error.js';
import { root, state } from './folders.js';

const requirements = join(root, 'bench', 'requirements.txt');
const environment = join(state, 'python');
const stamp = join(environment, 'requirements.txt');
const environmentPython = join(environment, 'bin', 'python');

/** @throws BenchmarkError with the reason where there is none with what the rivals need. */
export function rivalPython(say: (text: string) => void): string {
  const named = process.env['PYTHON'];
  if (named === undefined || named === '') makeEnvironment(say);
  const python = named || environmentPython;
  const found = run(python, [
    '-c',
    'import torch, transformers, peft; print(f"PyTorch {torch.__version__}, transformers {transformers.__version__}, PEFT {peft.__version__}")',
  ]);
  say(`${python}: ${found.trim()}`);
  return python;
}

/** Made anew where bench/requirements.txt is another one than at the last whole installation. */
function makeEnvironment(say: (text: string) => void): void {
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say(`making a virtual environment with PyTorch for the rivals in ${environment}; some minutes`);
  mkdirSync(state, { recursive: true });
  rmSync(environment, { recursive: true, force: true });
  run('python3', ['-m', 'venv', environment]);
  run(environmentPython, ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  writeFileSync(stamp, wanted);
}

function run(command: string, args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error === undefined && status === 0) return stdout;
  const reason = error?.message ?? stderr.trim().split('\n').slice(-5).join('\n');
  throw new BenchmarkError(
    `the rival cannot run: ${command} ${args.join(' ')}: ${reason}\n` +
      'PYTHON may name an interpreter that has what bench/requirements.txt lists',
  );
}
