/** `node apps/cli/dist/reference/write.js`: writes the reference's files. */
import { writeFile } from 'node:fs/promises';
import { referenceFiles } from './files.js';

for (const [path, content] of Object.entries(await referenceFiles())) await writeFile(path, content);
