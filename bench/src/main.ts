/** `npm run bench` lists the benchmarks; `npm run bench -- NAME` runs one and ends with its result in one line. */
import { BenchmarkError } from './benchmark-error.js';
import { benchmarks } from './benchmarks.js';
import { resultLine } from './comparison.js';
import { parseOptions, usage } from './options.js';

const say = (text: string): void => console.log(text);

async function main(): Promise<void> {
  const { name, options } = parseOptions(process.argv.slice(2));
  if (name === null) {
    const width = Math.max(...benchmarks.map((benchmark) => benchmark.name.length));
    for (const benchmark of benchmarks) say(`${benchmark.name.padEnd(width)}  ${benchmark.summary}`);
    say(`\nnpm run bench -- NAME [options]\n${usage}`);
    return;
  }
  const benchmark = benchmarks.find((known) => known.name === name);
  if (benchmark === undefined) {
    throw new BenchmarkError(`there is no benchmark ${name}: ${benchmarks.map((known) => known.name).join(', ')}`);
  }
  const context = { options, say };
  if (options.profile) {
    if (benchmark.profile === undefined) throw new BenchmarkError(`${name} has no profile`);
    await benchmark.profile(context);
    return;
  }
  say(resultLine(name, await benchmark.run(context)));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BenchmarkError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
