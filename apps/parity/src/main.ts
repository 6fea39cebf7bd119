/** `npm run parity -- PATH...`: compares the product with reference values; exit status 1 where one is beyond its tolerance. */
import { comparePath } from './compare-path.js';
import { passes } from './comparison.js';

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error(
    'usage: npm run parity -- PATH...   (folders of a model family, a LoRA of PEFT, mole or federation; assignment.json; rouge-l.json)',
  );
  process.exit(2);
}

let failed = 0;
for (const path of paths) {
  console.log(path);
  try {
    for (const comparison of await comparePath(path)) {
      if (!passes(comparison)) failed += 1;
      const { name, error, tolerance } = comparison;
      const verdict = passes(comparison) ? 'ok  ' : 'FAIL';
      console.log(`  ${verdict} ${name}: worst ${error.toExponential(2)}, tolerance ${tolerance.toExponential(0)}`);
    }
  } catch (error) {
    failed += 1;
    console.log(`  FAIL ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(failed === 0 ? 'all within tolerance' : `${failed} beyond tolerance or not compared`);
process.exit(failed === 0 ? 0 : 1);
