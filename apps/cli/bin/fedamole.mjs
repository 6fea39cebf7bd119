#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await (await import(main)).main(process.argv.slice(2));
} else {
  console.error('fedamole is not compiled yet: run "npm run build" in its repository, or use "npm run fedamole --".');
  process.exitCode = 1;
}
